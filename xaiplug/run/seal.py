"""Files with their hashes: written so that they are on the disk, and known again when they are read."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SEAL = "sha256"

Sealed = dict[str, dict[str, Any]]
"""Name of a file -> its `sha256`, `bytes`, and `written`, the time (ns) that the file system gives it."""


def seal(folder: Path) -> Sealed:
    """The hashes of all files of a folder, once they are on the disk."""
    sealed: Sealed = {}
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            os.fsync(file.fileno())
            stat = os.fstat(file.fileno())
        sealed[path.name] = {"sha256": found, "bytes": stat.st_size, "written": stat.st_mtime_ns}
    return sealed


def sealed_json(value: Mapping[str, Any]) -> str:
    """JSON whose first line is the hash of the others."""
    rest = json.dumps(value, sort_keys=True, default=str)[1:] + "\n"
    return f'{{"{SEAL}": "{_sha256(rest.encode())}",\n{rest}'


def opened(text: bytes) -> dict[str, Any] | None:
    """What `sealed_json` wrote; None if it is not what was written."""
    first, _, rest = text.partition(b"\n")
    if first != f'{{"{SEAL}": "{_sha256(rest)}",'.encode():
        return None
    found: dict[str, Any] = json.loads(b"{" + rest)
    return found


def _sha256(text: bytes) -> str:
    return hashlib.sha256(text).hexdigest()


def intact(folder: Path, files: Sealed, *, read: bool = True) -> str:
    """What is wrong with the files of a folder, in words; "" if nothing is.

    Args:
        read: compare every byte. If not, a file of the size and time that it was written with is taken for what it was,
            and only one that was touched since is read.
    """
    for name, was in files.items():
        path = folder / name
        try:
            stat = path.stat()
            touched = stat.st_mtime_ns != was["written"]
            if stat.st_size == was["bytes"] and not (read or touched):
                continue
            if stat.st_size != was["bytes"] or sha256(path) != was["sha256"]:
                return f"{name} is not what was written"
        except OSError as error:
            return f"{name}: {error.strerror or error}"
    return ""


def sha256(path: Path) -> str:
    """Of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def on_disk(folder: Path) -> None:
    """See that names in a folder are on the disk, where the system lets a folder be asked."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)
