"""From a reference, `scheme:name`, and parameters to a source that was made with them.

The scheme is the name of a source. What is no source is taken for a module: `package.module:attribute`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from xaiplug.errors import DataError, ModelError
from xaiplug.kinds import Source
from xaiplug.registry import registry

MODULE = "module"
"""The source of `package.module:attribute`, which has no scheme."""


@dataclass(frozen=True, eq=False)
class Reference:
    """A source, what it is asked for, and the parameters that it hands on."""

    source: Source
    name: str
    further: Mapping[str, Any]


def known(kind: str) -> str:
    """The references that can be written, for messages."""
    named = [entry.spec.name for entry in registry().entries if entry.kind == kind and entry.spec.name != MODULE]
    return ", ".join([*(f"{name}:..." for name in named), "or module:attr"])


def scheme_of(kind: str, reference: str) -> str:
    """The name of the source that a reference means.

    Raises:
        ModelError, DataError: it is no reference.
    """
    scheme, _, name = reference.partition(":")
    if not (scheme and name):
        error, what = (ModelError, "model") if kind == "model-source" else (DataError, "data")
        raise error(f"'{reference}' is no {what} reference; write {known(kind)}")
    names = {entry.spec.name for entry in registry().of_kind(kind)} | {e.name for e in registry().of_kind(kind)}
    if scheme in names or "/" in scheme:
        return scheme
    return MODULE


def opened(kind: str, reference: str, params: Mapping[str, Any]) -> Reference:
    """The source of a reference, made with those of its parameters that it knows.

    Args:
        kind: `model-source` or `data-source`.

    Raises:
        ModelError, DataError: it is no reference. ComponentError: a parameter that it refuses.
    """
    scheme = scheme_of(kind, reference)
    cls = registry().find(kind, scheme).load()
    assert issubclass(cls, Source)
    own = {field.name for field in fields(cls)}
    further = {name: value for name, value in params.items() if name not in own} if cls.open else {}
    source = registry().create(kind, scheme, {k: v for k, v in params.items() if k not in further})
    assert isinstance(source, Source)
    return Reference(source, reference if scheme == MODULE else reference.partition(":")[2], further)


def located(kind: str, reference: str, params: Mapping[str, Any], root: Path) -> tuple[str, dict[str, Any]]:
    """A reference and its parameters whose paths are relative to `root`, readable from any working directory."""
    if root == Path.cwd():
        return reference, dict(params)
    found = opened(kind, reference, params)
    moved = {
        key: str(root / value)
        for key, value in params.items()
        if key in found.source.paths and isinstance(value, str) and "/" in value
    }
    if found.source.names and not (found.source.elsewhere and not (root / found.name).exists()):
        reference = f"{scheme_of(kind, reference)}:{root / found.name}"
    return reference, {**params, **moved}
