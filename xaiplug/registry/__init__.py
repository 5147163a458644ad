"""Who offers what: the registry of this process, and components made by name."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from xaiplug.errors import ComponentError, Problem
from xaiplug.hookspecs import GROUP
from xaiplug.kinds.base import Component
from xaiplug.registry.discovery import discover
from xaiplug.registry.entries import Entry, Plugin, Registry

__all__ = ["GROUP", "Entry", "Plugin", "Registry", "configure", "discover", "registry", "resolve"]


def registry() -> Registry:
    """The registry of this process; discovered once."""
    global _current
    if _current is None:
        _current = discover()
    return _current


def configure(*, disable: Iterable[str] = (), only: Iterable[str] = (), files: Iterable[str | Path] = ()) -> Registry:
    """Discover again with a run file's `plugins:` section, and make that this process's registry."""
    global _current
    _current = discover(disable=disable, only=only, files=files)
    return _current


_current: Registry | None = None


def resolve(kind: str, value: Any) -> Component:
    """A component from whatever names it: a name, `(name, params)`, `{"use":, "params":}`, or an instance.

    Raises:
        RegistryError: unknown or ambiguous name.
        ComponentError: bad parameters, or something that names no component.
    """
    match value:
        case Component():
            if value.kind != kind:
                raise ComponentError(
                    f"expected a component of kind {kind}, got the {value.kind} {type(value).__name__}"
                )
            return value
        case str():
            return registry().create(kind, value)
        case (str() as name, dict() as params):
            return registry().create(kind, name, params)
        case {"use": str() as name, "params": dict() as params} if len(value) == 2:
            return registry().create(kind, name, params)
        case {"use": str() as name} if len(value) == 1:
            return registry().create(kind, name)
    forms = "a name, (name, params), {use:, params:} or an instance"
    message = f"expected a component of kind {kind}: {forms}, got {value!r:.80}"
    raise ComponentError(message, [Problem((), message)])
