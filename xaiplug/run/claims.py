"""Who computes a cell just now: a lock that the system takes back from a process that is gone.

A run's file `claims` stays empty; a claim is a lock on the byte whose number is the cell's hash. Two processes at one
folder, on machines that share it by a file system with locks (NFS has them), so never compute one cell at once. Where
there are no locks a cell may be computed twice, with the same result.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xaiplug.errors import StoreError

try:
    import fcntl
except ImportError:  # not there on Windows
    fcntl = None  # type: ignore[assignment]

CLAIMS = "claims"

_files: dict[Path, int] = {}
"""A handle a folder, open as long as the process: closing any handle of a file gives up all locks that it has on it."""


class BusyError(StoreError):
    """A cell that another process computes just now."""


@contextmanager
def claimed(folder: Path, cell: str, *, wait: bool) -> Iterator[None]:
    """Keep other processes from computing a cell in the block.

    Raises:
        BusyError: another one does, and this one shall not `wait` until it is done.
    """
    byte = int(hashlib.sha256(cell.encode()).hexdigest()[:15], 16)
    file = _locked(folder.resolve(), cell, byte, wait)
    try:
        yield
    finally:
        if file is not None:
            fcntl.lockf(file, fcntl.LOCK_UN, 1, byte)


def _locked(folder: Path, cell: str, byte: int, wait: bool) -> int | None:
    """The file whose byte is locked; None where there are no locks."""
    if fcntl is None:
        return None
    try:
        file = _file(folder)
        fcntl.lockf(file, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB), 1, byte)
    except OSError as error:
        if error.errno in (errno.EACCES, errno.EAGAIN) and not wait:
            raise BusyError(f"cell {cell} is computed by another process just now") from error
        return None
    return file


def _file(folder: Path) -> int:
    path = folder / CLAIMS
    file = _files.get(folder)
    if file is None or not _is(file, path):
        file = _files[folder] = os.open(path, os.O_RDWR | os.O_CREAT, 0o666)
    return file


def _is(file: int, path: Path) -> bool:
    """Whether a handle is that of the file which is there now."""
    try:
        return os.path.samestat(os.fstat(file), path.stat())
    except OSError:
        return False
