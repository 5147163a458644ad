"""Content addresses: what a cell's result depends on, as one hash."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xaiplug.kinds import Component
from xaiplug.registry import GROUP, registry

DISPLAY = {"cli", "config", "testing", "view"}
"""Parts of xaiplug that no number depends on."""


def digest(value: Any) -> str:
    """sha256 of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def cell_id(kind: str, value: Any) -> str:
    """`kind-` and the first 24 digits of the hash of `value` and of xaiplug itself."""
    return f"{kind}-{digest([kind, core(), value])[:24]}"


def identity(component: Component | None) -> Any:
    """A component recursively, with the version (and, where it can be edited, the source) of every wheel involved."""
    if component is None:
        return None
    described = component.describe()
    return {"component": described, "wheels": {name: _wheel(name) for name in sorted(set(_used(described)))}}


def _used(described: Any) -> Iterator[str]:
    """The plug-in (or module) of every component in a description."""
    if isinstance(described, dict):
        use = described.get("use")
        if isinstance(use, str) and "params" in described:
            yield use.rpartition("/")[0] or use
        for value in described.values():
            yield from _used(value)
    elif isinstance(described, list):
        for value in described:
            yield from _used(value)


def _wheel(name: str) -> dict[str, str]:
    plugin = next((entry.plugin for entry in registry().entries if entry.plugin.name == name), None)
    if plugin is None:
        return {"source": _module_source(name.partition(":")[0])}
    return {"version": plugin.version, "source": _plugin_source(plugin.name, plugin.distribution)}


@cache
def core() -> dict[str, str]:
    """Version of xaiplug, and its source where that is installed to be edited."""
    source = _package_source("xaiplug", DISPLAY) if _editable("xaiplug") else ""
    return {"version": importlib.metadata.version("xaiplug"), "source": source}


@cache
def _plugin_source(name: str, distribution: str) -> str:
    if not _editable(distribution):
        return ""
    points = importlib.metadata.entry_points(group=GROUP, name=name)
    return digest([_package_source(point.module.split(".")[0]) for point in points])


def _editable(distribution: str) -> bool:
    try:
        text = importlib.metadata.distribution(distribution).read_text("direct_url.json")
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
    return bool(json.loads(text or "{}").get("dir_info", {}).get("editable"))


def _package_source(name: str, leave_out: set[str] | frozenset[str] = frozenset()) -> str:
    found = find_spec(name)
    if found is None:
        return ""
    if not found.submodule_search_locations:
        return hashlib.sha256(Path(found.origin or "").read_bytes()).hexdigest()
    folder = Path(found.submodule_search_locations[0])
    files = sorted(p for p in folder.rglob("*.py") if p.relative_to(folder).parts[0] not in leave_out)
    return digest([[str(p.relative_to(folder)), hashlib.sha256(p.read_bytes()).hexdigest()] for p in files])


def _module_source(name: str) -> str:
    file = getattr(sys.modules.get(name), "__file__", None)
    return hashlib.sha256(Path(file).read_bytes()).hexdigest() if file else ""
