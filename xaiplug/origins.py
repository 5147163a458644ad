"""Where code comes from: the release that installed a module, or the bytes of its file."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
import os
import sys
from functools import cache, lru_cache
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from xaiplug.errors import PluginError


def digest(value: Any) -> str:
    """sha256 of plain data."""
    return hashlib.sha256(json.dumps(value, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def file_digest(path: Path) -> str:
    """sha256 of a file, read once for each state that it is in.

    Raises:
        OSError: it cannot be read.
    """
    stat = path.stat()
    return _file_digest(path, stat.st_mtime_ns, stat.st_size, stat.st_ino)


@lru_cache(maxsize=4096)
def _file_digest(path: Path, *state: int) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@cache
def release(package: str) -> str:
    """Public version of the distribution that installed a top-level package; "" where none did, or to be edited.

    A local label (`2.9.0+cpu`) is left out: machines that share a run have different builds of one release.
    """
    try:
        found = importlib.metadata.distribution(package)
    except (importlib.metadata.PackageNotFoundError, ValueError):
        names = _owners().get(package, ()) if _in_a_library(package) else ()
        found = importlib.metadata.distribution(names[0]) if names else None  # type: ignore[assignment]
    # A wheel installed to be edited records a path file, not the package.
    record = "\n" + ((found.read_text("RECORD") if found else "") or "")
    return found.version.partition("+")[0] if f"\n{package}/" in record or f"\n{package}.py" in record else ""


@cache
def _owners() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


def _in_a_library(package: str) -> bool:
    """Whether a module's file is where installers put files; without them, looking through all wheels is spared."""
    file = getattr(sys.modules.get(package), "__file__", None) or ""
    return f"{os.sep}site-packages{os.sep}" in file or f"{os.sep}dist-packages{os.sep}" in file


def own(module: str) -> bool:
    """Whether a module is neither Python's, nor xaiplug's, nor of an installed release: its author may edit it."""
    top = module.partition(".")[0]
    return top not in sys.stdlib_module_names and top != "xaiplug" and not release(top)


def sources(module: str) -> dict[str, str]:
    """Name -> sha256 of the file of a module and, where that is `own`, of every own module that it uses, and so on.

    Used is what its names hold: modules, and classes and functions of other modules.

    Raises:
        PluginError: a file is no longer what this process asked for first: it runs what was there before.
    """
    found: dict[str, str] = {}
    waiting = [module]
    while waiting:
        name = waiting.pop()
        loaded = sys.modules.get(name)
        if name in found or loaded is None:
            continue
        file = getattr(loaded, "__file__", None)
        found[name] = _unchanged(loaded, file_digest(Path(file))) if file and Path(file).is_file() else ""
        if own(name):
            waiting.extend(used for used in _used(loaded) if used not in found and (used in sys.modules and own(used)))
    return found


def _unchanged(module: ModuleType, now: str) -> str:
    spec, first = _first.setdefault(module.__name__, (module.__spec__, now))
    if spec is not module.__spec__:  # loaded again
        _first[module.__name__] = module.__spec__, now
    elif first != now:
        raise PluginError(
            f"{module.__file__} changed after this process had loaded it; begin anew: the notebook's kernel, the "
            "workers of the engine"
        )
    return now


_first: dict[str, tuple[ModuleSpec | None, str]] = {}
"""Module -> how it was loaded, and the sha256 that its file had when it was asked for first."""


def _used(module: ModuleType) -> set[str]:
    values = list(vars(module).values())
    names = (v.__name__ if isinstance(v, ModuleType) else getattr(v, "__module__", None) for v in values)
    return {name for name in names if isinstance(name, str)}
