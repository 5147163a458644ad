"""What the kit's cells do in the workers of an engine, which load nothing else for it."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

from xaiplug.errors import one_line
from xaiplug.kinds.engine import DONE, FAILED

LOG = "log"
"""The file in the work's folder to which each cell adds a line when it begins and when it ends."""


def act(folder: str, cells: list[str]) -> list[str]:
    """Cells of the kit: each takes a moment, and what a file of its name in the folder says."""
    told = []
    for cell in cells:
        _note(folder, "begin", cell)
        time.sleep(0.005)
        file = Path(folder, cell)
        order = file.read_text() if file.exists() else ""
        if order == "kill":
            file.unlink()
            os.kill(os.getpid(), signal.SIGKILL)
        if order == "raise":
            raise failure(cell)
        told.append(f"{FAILED}: {one_line(failure(cell))}" if order else DONE)
        _note(folder, "end", cell)
    return told


def where(folder: str, cells: list[str]) -> list[str]:
    """For each cell the worker's process and its GPUs, once so many workers as the cell says have one."""
    Path(folder, str(os.getpid())).touch()
    end = time.monotonic() + 60
    while len(list(Path(folder).iterdir())) < int(cells[0]) and time.monotonic() < end:
        time.sleep(0.01)
    return [f"{os.getpid()} {os.environ.get('CUDA_VISIBLE_DEVICES', 'any')}"] * len(cells)


def failure(cell: str) -> ValueError:
    """What goes wrong in a cell, in more than one line."""
    return ValueError(f"the kit\nmakes cell {cell} fail")


def _note(folder: str, what: str, cell: str) -> None:
    """One write of a file opened to append: lines of several processes do not mix."""
    log = os.open(Path(folder, LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(log, f"{what} {cell} {os.getpid()}\n".encode())
    finally:
        os.close(log)
