"""Which files of a folder are photos."""

from __future__ import annotations

import stat
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from xaiplug.errors import DataError, did_you_mean, listing
from xaiplug_sources.decoding import SUFFIXES

_JUNK = frozenset({"__macosx", "thumbs.db", "desktop.ini", "@eadir", "$recycle.bin", "system volume information"})
"""What systems leave behind; names with a dot in front are hidden besides."""

LISTED = "classes.json"
"""Beside photos: which class is which; read with them."""


@dataclass(frozen=True)
class Found:
    """Photos of a folder in a fixed order, its sub-folders, and the names of the files that are neither."""

    folder: Path
    photos: tuple[Path, ...]
    folders: tuple[str, ...]
    others: tuple[str, ...]

    def passed_over(self) -> str:
        """`3 files passed over: 2 .txt, 1 .heic`, or nothing."""
        kinds = Counter(Path(name).suffix.lower() or "without suffix" for name in self.others)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        files = "file" if len(self.others) == 1 else "files"
        return f"{len(self.others)} {files} passed over: {told}" if told else ""


def found(root: Path, split: str | None, apart: Collection[Path]) -> Found:
    """The photos of a folder or of its sub-folder `split`; hidden files and what lies in or is `apart` are none.

    Raises:
        DataError: no such folder, no such split, nothing in it, or nothing in it that is a photo.
    """
    folder = _existing(root, split)
    kept = {path.resolve() for path in apart}
    try:
        files = list(_walked(folder, kept, (folder.resolve(),)))
        folders = sorted(p.name for p in folder.iterdir() if p.is_dir() and not _ignored(p, kept))
    except OSError as error:
        raise DataError(f"{folder} cannot be listed: {error}") from error
    photos = tuple(path for path in files if path.suffix.lower() in SUFFIXES)
    others = tuple(p.name for p in files if p.suffix.lower() not in SUFFIXES and p.name != LISTED)
    listed = Found(folder, photos, tuple(folders), others)
    if not files:
        raise DataError(f"{folder} is empty: no photos, nor other files")
    if not photos:
        formats = ", ".join(sorted(SUFFIXES))
        raise DataError(f"no images in {folder}, {listed.passed_over()} (formats: {formats})")
    return listed


def _existing(root: Path, split: str | None) -> Path:
    folder = root / (split or "")
    try:
        if folder.is_dir():
            return folder
        if folder.exists():
            raise DataError(f"{folder} is a file; name the folder with the photos")
        known = [path.name for path in root.iterdir() if path.is_dir()] if split and root.is_dir() else []
    except (OSError, ValueError) as error:  # too long to be a path, with a NUL, or not for us to read
        raise DataError(f"no folder {str(folder)!r}: {error}") from error
    if known:
        raise DataError(f"no folder {folder}{did_you_mean(split or '', known)} (splits: {listing(known)})")
    raise DataError(f"no folder {folder}; there is nothing of that name")


def _walked(folder: Path, apart: Collection[Path], above: tuple[Path, ...]) -> Iterator[Path]:
    """Files below a folder, in order; links to folders are followed unless they lead back."""
    for path in sorted(folder.iterdir()):
        if _ignored(path, apart):
            continue
        if path.is_dir():
            if (real := path.resolve()) not in above:
                yield from _walked(path, apart, (*above, real))
        elif path.is_symlink() or stat.S_ISREG(path.lstat().st_mode):
            yield path


def _ignored(path: Path, apart: Collection[Path]) -> bool:
    if path.name.startswith(".") or path.name.casefold() in _JUNK:
        return True
    return bool(apart) and _real(path) in apart


def _real(path: Path) -> Path:
    try:
        return path.resolve()
    except (OSError, RuntimeError):  # a link that leads to itself
        return path
