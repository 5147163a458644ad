"""Work for an engine, which leaves a line in a log when a cell begins and when it ends."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from xaiplug.errors import one_line
from xaiplug.kinds import Done, Engine, Job, Work
from xaiplug.kinds.engine import DONE, FAILED

CALL = f"{__name__}:act"
_LOG = "log"

JOBS = (
    Job("a", ("a1",), name="job a"),
    Job("b", ("b1", "b2", "b3"), name="job b"),
    Job("c", ("c1",), ("a",), name="job c"),
    Job("d", ("d1",), ("a", "b"), name="job d"),
    Job("e", ("e1",), ("d",), name="job e"),
    Job("f", ("f1", "f2"), name="job f"),
)

BROKEN = {"b2": "fail", "f2": "raise"}
"""A cell that fails, as part of the answer, and one whose error leaves the job without one."""
LOST = {"a1": "kill", "d1": "kill"}
"""Cells whose process is killed the first time that it computes them."""


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


def failure(cell: str) -> ValueError:
    """What goes wrong in a cell, in more than one line."""
    return ValueError(f"the kit\nmakes cell {cell} fail")


def _note(folder: str, what: str, cell: str) -> None:
    """One write of a file opened to append: lines of several processes do not mix."""
    log = os.open(Path(folder, _LOG), os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        os.write(log, f"{what} {cell} {os.getpid()}\n".encode())
    finally:
        os.close(log)


@dataclass
class Heard:
    """A watcher that keeps what it is told."""

    names: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)

    def start(self, total: int) -> None:
        self.others.append("start")

    def cell(self, name: str) -> None:
        self.names.append(name)

    def done(self) -> None:
        self.others.append("done")


@dataclass(frozen=True)
class Ran:
    """What an engine did with the jobs: what it told, and what the cells wrote, (what, cell, process) a line."""

    told: tuple[Done, ...]
    lines: tuple[tuple[str, str, str], ...]
    heard: Heard

    @property
    def begun(self) -> list[str]:
        """Cells in the order in which they began."""
        return [cell for what, cell, _ in self.lines if what == "begin"]

    @property
    def processes(self) -> set[int]:
        return {int(process) for *_, process in self.lines}

    def of(self, job: str) -> Done | None:
        """What was told of a job, the last time."""
        return next((done for done in reversed(self.told) if done.job == job), None)

    def place(self, what: str, cell: str) -> int | None:
        """The line where a cell began or ended first."""
        return next((n for n, line in enumerate(self.lines) if line[:2] == (what, cell)), None)


def run(engine: Engine, orders: Mapping[str, str] | None = None, *, jobs: Sequence[Job] = JOBS) -> Ran:
    """What the engine does with the jobs (of `JOBS`) in a folder of their own; checks share it.

    Args:
        orders: cell -> what goes wrong: `fail`, `raise`, `kill`.
    """
    return _run(engine, tuple(job.id for job in jobs), tuple((orders or {}).items()))


@lru_cache(maxsize=8)
def _run(engine: Engine, jobs: tuple[str, ...], orders: tuple[tuple[str, str], ...]) -> Ran:
    with work([job for job in JOBS if job.id in jobs], dict(orders)) as given:
        heard = Heard()
        told = tuple(engine.run(given, heard))
        return Ran(told, lines(given), heard)


@contextmanager
def work(jobs: Sequence[Job] = JOBS, orders: Mapping[str, str] | None = None) -> Iterator[Work]:
    """Work in a folder that goes afterwards."""
    with TemporaryDirectory() as folder:
        for cell, order in (orders or {}).items():
            Path(folder, cell).write_text(order)
        yield Work(folder, tuple(jobs), CALL)


def lines(given: Work) -> tuple[tuple[str, str, str], ...]:
    """What the cells wrote so far."""
    log = Path(given.folder, _LOG)
    found = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return tuple((what, cell, process) for what, cell, process in found)


def outcome(engine: Engine, original: Engine) -> list[tuple[str, tuple[str, ...], str]]:
    """What an engine tells of work that fails here and there."""
    return sorted((done.job, done.cells, done.error) for done in run(engine, BROKEN).told)
