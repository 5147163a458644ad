"""The run's folder: finished cells, failed ones, and the plan.

<run>/run.yaml              the resolved run file
<run>/plan.json             every cell: its id, its names, the ids of its inputs
<run>/cells/<id>/           a finished cell; it is moved here whole, so a folder that exists is finished
<run>/failed/<id>/error.txt why a cell failed the last time it was tried
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import tempfile
from collections.abc import Container, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaiplug.data.storage import write_atomically
from xaiplug.errors import StoreError

CELL = "cell.json"
ERROR = "error.txt"


@dataclass(frozen=True)
class Store:
    """One run's folder."""

    folder: Path

    @property
    def cells(self) -> Path:
        return self.folder / "cells"

    def prepare(self) -> None:
        """Make the folder and see that it can be written; clear what dead processes left half-done.

        Raises:
            StoreError: it cannot be written.
        """
        try:
            self.cells.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=self.cells).close()
        except OSError as error:
            raise StoreError(
                f"cannot write into {self.folder}: {error.strerror or error}; "
                "choose a folder that you may write to with --set outputs.dir=..."
            ) from error
        for left in self.cells.glob(".*"):
            if _abandoned(left.name):
                shutil.rmtree(left, ignore_errors=True)

    def forget_failures(self, wanted: Container[str]) -> None:
        """Remove the errors of cells that are not `wanted` any more."""
        for failed in (self.folder / "failed").glob("*"):
            if failed.name not in wanted:
                shutil.rmtree(failed, ignore_errors=True)

    def cell(self, cell_id: str) -> Path:
        return self.cells / cell_id

    def finished(self, cell_id: str) -> bool:
        return self.cell(cell_id).is_dir()

    @contextlib.contextmanager
    def writing(self, cell_id: str) -> Iterator[Path]:
        """A new folder to write the cell into; when the block ends well it becomes the finished cell, at once.

        Raises:
            StoreError: the folder cannot be written.
        """
        name = f".{cell_id}@{socket.gethostname()}@{os.getpid()}@"
        try:
            self.cells.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=name, dir=self.cells))
        except OSError as error:
            raise StoreError(f"cannot write into {self.cells}: {error.strerror or error}") from error
        try:
            yield temporary
            temporary.chmod(0o777 & ~_umask())
            try:
                temporary.replace(self.cell(cell_id))
            except OSError:
                if not self.finished(cell_id):  # else another process was faster, with the same result
                    raise
            shutil.rmtree(self.folder / "failed" / cell_id, ignore_errors=True)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)

    def fail(self, cell_id: str, text: str) -> None:
        """Keep why a cell failed."""
        write_atomically(self._error(cell_id), lambda temporary: temporary.write_text(text, encoding="utf-8"))

    def error(self, cell_id: str) -> str | None:
        """Why a cell failed the last time, or None."""
        path = self._error(cell_id)
        return path.read_text(encoding="utf-8") if path.is_file() and not self.finished(cell_id) else None

    def _error(self, cell_id: str) -> Path:
        return self.folder / "failed" / cell_id / ERROR

    def read(self, cell_id: str) -> dict[str, Any]:
        """`cell.json` of a finished cell.

        Raises:
            StoreError: it is not there.
        """
        stored: dict[str, Any] = read_json(self.cell(cell_id) / CELL)
        return stored


def write_json(path: Path, value: Any) -> Path:
    """Whole or not at all."""
    text = json.dumps(value, indent=1, sort_keys=True) + "\n"
    return write_atomically(path, lambda temporary: temporary.write_text(text, encoding="utf-8"))


def read_json(path: Path) -> Any:
    """
    Raises:
        StoreError: missing, or no JSON.
    """
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise StoreError(f"cannot read {path}: {error.strerror or error}; run the run file first") from error
    except ValueError as error:
        raise StoreError(f"{path} is no JSON: {error}; remove it and run again") from error


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def _abandoned(name: str) -> bool:
    """Whether a temporary folder belongs to a process of this machine that is no longer there."""
    parts = name.split("@")
    if len(parts) != 4 or parts[1] != socket.gethostname() or not parts[2].isdigit():
        return False
    try:
        os.kill(int(parts[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    return int(parts[2]) == os.getpid()
