"""Finding real data sets."""

import hashlib
import os
from collections.abc import Sequence
from functools import cache
from pathlib import Path

from xaiplug.errors import DataError

__all__ = ["content_hash", "find", "roots"]


def roots(data_root: str | None) -> list[Path]:
    """Folders to look in: `data_root` if given, else the environment variable XAIPLUG_DATA if set."""
    named = data_root or os.environ.get("XAIPLUG_DATA")
    return [Path(named).expanduser()] if named else []


def find(what: str, candidates: Sequence[str], data_root: str | None, how: str) -> Path:
    """The first of `candidates` (paths below a root) that exists.

    Raises `DataError` that says what was looked for, where, and (`how`) how to get it.
    """
    places = [root / candidate for root in roots(data_root) for candidate in candidates]
    for place in places:
        if place.exists():
            return place
    where = f"looked for {', '.join(map(str, places))}" if places else "neither data_root nor XAIPLUG_DATA is set"
    raise DataError(f"{what} is not there: {where}. {how}")


def content_hash(*paths: Path) -> str:
    """sha256 (16 hex digits) of the files' contents, read once while they are unchanged."""
    return _hash(tuple((path, path.stat().st_mtime_ns, path.stat().st_size) for path in paths))


@cache
def _hash(stamped: tuple[tuple[Path, int, int], ...]) -> str:
    digest = hashlib.sha256()
    for path, _, _ in stamped:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:16]
