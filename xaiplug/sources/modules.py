"""Attributes of modules behind a reference `package.module:attribute`."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from xaiplug.errors import Problem, XaiplugError, did_you_mean
from xaiplug.registry import registry

PATHS = ("boxes", "classes", "masks", "weights")
"""Parameters that are paths wherever they are files: the callable cannot say which of its own are."""


def attribute(name: str, params: Mapping[str, Any], wanted: Any, error: type[XaiplugError]) -> Any:
    """What `package.module:attribute` is, or what it returns for `params`.

    Raises:
        error: it cannot be imported, or gives nothing of the type `wanted`.
    """
    module, _, attribute = name.partition(":")
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as reason:
        raise error(f"'{name}' cannot be imported: {reason}") from reason
    return found if isinstance(found, wanted) else found(**params)


def module_problems(kind: str, name: str) -> list[Problem]:
    """Whether the top-level module is there; imports nothing."""
    top = name.partition(":")[0].split(".")[0]
    try:
        missing = find_spec(top) is None
    except (ImportError, ValueError):
        missing = True
    schemes = [entry.spec.name for entry in registry().of_kind(kind)]
    return [Problem(("use",), f"no module '{top}'{did_you_mean(top, schemes)}")] if missing else []
