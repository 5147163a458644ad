"""Content addresses: what a component, and xaiplug itself, are made of."""

from __future__ import annotations

import importlib.metadata
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from xaiplug.kinds import Component
from xaiplug.origins import digest, file_digest, sources
from xaiplug.registry import GROUP, registry

Leaves = dict[str, str]
"""Name of a thing that a number depends on -> its value, version or hash."""

ABOVE = frozenset(
    {
        "__main__.py",
        "audit",
        "claims",
        "cli",
        "comparison.py",
        "interop.py",
        "results.py",
        "sentences.py",
        "testing",
        "view",
    }
)
"""The floors above `run`: no cell can import them."""
DISPLAY = ABOVE | {"config", "engines"}
"""Parts of xaiplug that no number depends on; what a run file says is in an address by its values."""


def cell_id(kind: str, value: Any) -> str:
    """`kind-` and the first 24 digits of the hash of `value`."""
    return f"{kind}-{digest([kind, value])[:24]}"


def identity(component: Component | None, wheel: Callable[[str], str] | None = None) -> Leaves:
    """A component's name and parameters, and the version (and, where it can be edited, the source) of every wheel.

    Args:
        wheel: `wheel_of`, or what remembers its answers.
    """
    if component is None:
        return {"name of": ""}
    described = component.describe()
    parameters = {f"{name} of": json.dumps(value, sort_keys=True) for name, value in described["params"].items()}
    wheels = {f"plug-in '{name}'": (wheel or wheel_of)(name) for name in sorted(set(_used(described)))}
    return {"name of": described["use"], **parameters, **wheels}


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


def wheel_of(name: str) -> str:
    """Versions of a plug-in and of what it requires, and its source where that can be edited."""
    plugin = next((entry.plugin for entry in registry().entries if entry.plugin.name == name), None)
    if plugin is None:
        return digest(sources(name.partition(":")[0]))
    installed = _installed(name, plugin.distribution)
    return f"{plugin.version} {digest(sources(f'xaiplug_file_{name}')) if installed is None else installed}"


@cache
def _installed(name: str, distribution: str) -> str | None:
    """What a plug-in of a wheel stands on; None for a plug-in that is a file."""
    if distribution == "xaiplug":
        return ""  # the core's own: `core` has it
    points = importlib.metadata.entry_points(group=GROUP, name=name)
    if not points:
        return None
    source = [package_source(point.module.partition(".")[0]) for point in points] if _editable(distribution) else []
    return digest([_required(distribution), source])


@cache
def core() -> dict[str, str]:
    """Version of xaiplug and of what it stands on, and its source where that is installed to be edited."""
    source = package_source("xaiplug", DISPLAY) if _editable("xaiplug") else ""
    stands_on = {name: _version(name) for name in ("numpy", "torch")}
    return {"version": importlib.metadata.version("xaiplug"), "source": source, **stands_on}


@cache
def _required(distribution: str) -> dict[str, str]:
    """Public versions of what a wheel requires, where it is there."""
    try:
        wanted = importlib.metadata.requires(distribution) or []
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return {}
    names = {re.split(r"[^\w.-]", text.strip(), maxsplit=1)[0] for text in wanted if "extra ==" not in text}
    return {name: version for name in sorted(names - {"xaiplug"}) if (version := _version(name))}


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution).partition("+")[0]
    except importlib.metadata.PackageNotFoundError:
        return ""


@cache
def _editable(distribution: str) -> bool:
    try:
        text = importlib.metadata.distribution(distribution).read_text("direct_url.json")
    except (importlib.metadata.PackageNotFoundError, ValueError):
        return False
    return bool(json.loads(text or "{}").get("dir_info", {}).get("editable"))


def package_source(name: str, leave_out: frozenset[str] = frozenset()) -> str:
    """Hash of every Python file of a package, those of the folders and files at its top in `leave_out` excepted."""
    found = find_spec(name)
    if found is None:
        return ""
    if not found.submodule_search_locations:
        return file_digest(Path(found.origin or ""))
    return folder_source(Path(found.submodule_search_locations[0]), leave_out)


def folder_source(folder: Path, leave_out: frozenset[str] = frozenset()) -> str:
    """The same, of the package in a folder."""
    files = sorted(p for p in folder.rglob("*.py") if p.relative_to(folder).parts[0] not in leave_out)
    return digest([[str(path.relative_to(folder)), file_digest(path)] for path in files])
