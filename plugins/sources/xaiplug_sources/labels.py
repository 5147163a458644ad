"""From the names of folders and files to labels."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xaiplug.errors import DataError, listing
from xaiplug_sources.files import LISTED, Found
from xaiplug_sources.names import Classes, meant, read

UNKNOWN = -1
"""The label of a photo of which nothing says the class."""

_SPLITS = frozenset({"train", "training", "val", "valid", "validation", "dev", "test", "testing"})


def labels_of(found: Found, root: Path, classes: str | tuple[Any, ...] | Mapping[Any, Any] | None) -> list[int]:
    """The label of every photo: from a list of classes, else from the folders; UNKNOWN of photos with neither.

    Raises:
        DataError: a list that cannot be read, or a photo whose name is no class.
    """
    known = _classes(found, root, classes)
    if known is None:
        return [UNKNOWN] * len(found.photos)
    return [_label(path, found, known) for path in found.photos]


def said_of_folders(found: Found, root: Path) -> list[str]:
    """Lines on folders that became classes where a reader may take another number for granted."""
    names = _ordered(found.folders)
    lines = []
    if names != sorted(names, key=_natural) or names != sorted(names):
        lines.append("folders became classes: " + ", ".join(f"{name} = {i}" for i, name in enumerate(names)))
    filled = {path.relative_to(found.folder).parts[0] for path in found.photos}
    if empty := [name for name in names if name not in filled]:
        lines.append(f"no photos in {', '.join(empty)}, counted as classes nevertheless")
    if found.folder != root:
        beside = [path for path in sorted(root.iterdir()) if path.is_dir() and not path.name.startswith(".")]
        for other in beside:
            folders = {path.name for path in other.iterdir() if path.is_dir() and not path.name.startswith(".")}
            if folders and folders != set(names):
                numbers = ", ".join(f"{name} = {i}" for i, name in enumerate(names))
                lines.append(f"{other.name} has other folders; here {numbers} (classes= says otherwise)")
    return lines


def from_folders(found: Found, root: Path, classes: Any) -> bool:
    """Whether the names of sub-folders are the list of classes."""
    return classes is None and bool(found.folders) and _file(found, root) is None


def _classes(found: Found, root: Path, classes: Any) -> Classes | None:
    if isinstance(classes, str):
        return read(Path(classes))
    if classes is not None:
        return meant(classes, "classes")
    if (path := _file(found, root)) is not None:
        return read(path)
    if not found.folders:
        return None
    if {name.casefold() for name in found.folders} <= _SPLITS:
        raise DataError(f"{found.folder} holds splits, no classes: give split=, one of {listing(found.folders)}")
    return Classes([[name] for name in _ordered(found.folders)], str(found.folder))


def _file(found: Found, root: Path) -> Path | None:
    return next((path for path in (found.folder / LISTED, root / LISTED) if path.is_file()), None)


def _ordered(names: tuple[str, ...]) -> list[str]:
    """Numbers as numbers, else by letters, as torchvision's ImageFolder sorts them."""
    if all(name.isascii() and name.isdigit() for name in names):
        return sorted(names, key=lambda name: (int(name), name))
    return sorted(names)


def _natural(name: str) -> list[tuple[int, str]]:
    return [(int(part), "") if part.isascii() and part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _label(path: Path, found: Found, classes: Classes) -> int:
    own = path.relative_to(found.folder)
    if len(own.parts) > 1:
        candidates = [own.parts[0]]
    else:
        parts = path.stem.split("_")
        candidates = ["_".join(parts[:count]) for count in range(len(parts), 0, -1)]
    for name in candidates:
        if (index := classes.index(name)) is not None:
            return index
    raise DataError(
        f"{path}: '{candidates[-1]}' is no class of {classes.where}{classes.nearest(candidates[-1])}; put photos in "
        "one sub-folder per class, or give classes="
    )
