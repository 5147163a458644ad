"""The run's folder: finished cells, failed ones, and the plan.

<run>/run.yaml              the resolved run file
<run>/plan.json             every cell: its id, its names, the ids of its inputs, what its address is made of
<run>/answers.json          what the networks answered, see `answers`
<run>/cells/<id>/           a finished cell; it is moved here whole, so a folder that exists is finished
<run>/failed/<id>/error.txt why a cell failed the last time it was tried
<run>/damaged/<id>@<time>/  a cell that is no longer what was written; `told.txt` has a line for each
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import tempfile
import time
from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaiplug.data.storage import write_atomically
from xaiplug.errors import StoreError
from xaiplug.run.seal import intact, on_disk, opened, seal, sealed_json

CELL = "cell.json"
DAMAGED = "damaged"
TOLD = "told.txt"
ERROR = "error.txt"

FILES = ("answers.json", "plan.json", "results.parquet", "run.yaml", "timings.parquet")
"""Files of a run that are written beside their place, under a name that begins with a dot."""

FORGOTTEN = 24 * 3600
"""Seconds after which something half-written goes whose writer cannot be asked (another machine, which may be gone).
A cell is written when it is computed, so that half-written is a matter of seconds."""


class DamagedError(StoreError):
    """A cell, `id`, that is no longer what was written, and `why`."""

    def __init__(self, cell: str, why: str) -> None:
        self.id, self.why = cell, why
        super().__init__(f"cell {cell}: {why}")


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
        half_written = (path for name in FILES for path in self.folder.glob(f".{name}.*"))
        for left in (*self.cells.glob(".*"), *half_written):
            if _abandoned(left):
                shutil.rmtree(left) if left.is_dir() else left.unlink(missing_ok=True)

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
        """A new folder to write the cell's files into.

        When the block ends well, after `write_cell`, it becomes the finished cell, at once. Its files are on the disk
        by then; that it was moved may be lost with the machine's power, and the cell is computed again.

        Raises:
            StoreError: the folder cannot be written.
        """
        name = f".{cell_id}@{socket.gethostname()}@{os.getpid()}@{int(time.time())}@"
        try:
            self.cells.mkdir(parents=True, exist_ok=True)
            temporary = Path(tempfile.mkdtemp(prefix=name, dir=self.cells))
        except OSError as error:
            raise StoreError(f"cannot write into {self.cells}: {error.strerror or error}") from error
        try:
            temporary.chmod(0o777 & ~_umask())
            yield temporary
            on_disk(temporary)
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
            DamagedError: it is not there, or not what was written.
        """
        try:
            text = (self.cell(cell_id) / CELL).read_bytes()
        except OSError as error:
            raise DamagedError(cell_id, f"{CELL}: {error.strerror or error}") from error
        stored = opened(text)
        if stored is None:
            raise DamagedError(cell_id, f"{CELL} is not what was written")
        if stored.get("id") != cell_id:
            raise DamagedError(cell_id, f"{CELL} is that of {stored.get('id')}")
        return stored

    def file(self, cell_id: str, name: str, stored: Mapping[str, Any] | None = None) -> Path:
        """A file of a finished cell, every byte of it compared with what was written.

        Args:
            stored: what `read` gave, where that is at hand.

        Raises:
            DamagedError: it is not there, or not what was written.
        """
        files = (stored or self.read(cell_id))["files"]
        why = intact(self.cell(cell_id), {name: files[name]}) if name in files else f"{name}: it never had one"
        if why:
            raise DamagedError(cell_id, why)
        return self.cell(cell_id) / name

    def damage(self, cell_id: str) -> str:
        """What is wrong with a finished cell, in words; "" if nothing is, as far as sizes and times of files tell."""
        try:
            return intact(self.cell(cell_id), self.read(cell_id)["files"], read=False)
        except DamagedError as error:
            return error.why

    def set_aside(self, cell_id: str, why: str, name: str = "") -> str:
        """Move a damaged cell out of the way, so that it is computed again; a line that says so."""
        place = self.folder / DAMAGED / f"{cell_id}@{time.time_ns()}"
        line = f"damaged: {name or cell_id}: {why}; moved to {place}"
        try:
            place.parent.mkdir(exist_ok=True)
            self.cell(cell_id).rename(place)
        except FileNotFoundError:  # another process did
            return line
        except OSError as error:
            return line.replace("; moved to", f"; it cannot be moved ({error.strerror or error}) to")
        with (place.parent / TOLD).open("a", encoding="utf-8") as told:
            told.write(line + "\n")
        return line

    def told(self) -> list[str]:
        """A line for every cell that was ever set aside."""
        path = self.folder / DAMAGED / TOLD
        return path.read_text(encoding="utf-8").splitlines() if path.is_file() else []

    def mend(self, names: Iterable[tuple[str, str]]) -> None:
        """Set aside all damaged ones among cells (id, name for people)."""
        there = {path.name for path in self.cells.iterdir()}
        for cell_id, name in names:
            if cell_id in there and (why := self.damage(cell_id)):
                self.set_aside(cell_id, why, name)


def write_cell(folder: Path, value: Mapping[str, Any]) -> None:
    """Write `cell.json` of a cell whose other files are in `folder`, with their hashes and its own."""
    text = sealed_json({**value, "files": seal(folder)})
    with (folder / CELL).open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


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


def _abandoned(path: Path) -> bool:
    """Whether nobody is writing this any more: its process on this machine is gone, or it is older than `FORGOTTEN`."""
    try:
        old = time.time() - path.stat().st_mtime > FORGOTTEN
    except OSError:
        return False
    parts = path.name.split("@")
    if len(parts) != 5 or parts[1] != socket.gethostname() or not parts[2].isdigit():
        return old
    if int(parts[2]) == os.getpid():
        return True
    try:
        os.kill(int(parts[2]), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return old
    return old
