"""Work for an engine, which leaves a line in a log when a cell begins and when it ends."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from xaiplug.kinds import Done, Engine, Job, Work

CALL = f"{__name__}:act"
FAILURE = "the kit makes cell b2 fail"
_LOG = "log"

JOBS = (
    Job("a", ("a1",), name="job a"),
    Job("b", ("b1", "b2", "b3"), name="job b"),
    Job("c", ("c1",), ("a",), name="job c"),
    Job("d", ("d1",), ("a", "b"), name="job d"),
    Job("e", ("e1",), ("d",), name="job e"),
    Job("f", ("f1", "f2"), name="job f"),
)
"""Where b fails, d and e stand on it; a, c and f do not."""
BROKEN = ("b2",)
"""The cell that fails where one fails."""


def act(folder: str, cell: str) -> None:
    """A cell of the kit: it takes a moment, and fails where a file of its name is in the folder."""
    _note(folder, "begin", cell)
    time.sleep(0.005)
    if Path(folder, cell).exists():
        raise ValueError(FAILURE.replace(" ", "\n", 1))
    _note(folder, "end", cell)


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

    def of(self, job: str) -> Done | None:
        """What was told of a job, the last time."""
        return next((done for done in reversed(self.told) if done.job == job), None)

    def place(self, what: str, cell: str) -> int | None:
        """The line where a cell began or ended first."""
        return next((n for n, line in enumerate(self.lines) if line[:2] == (what, cell)), None)


def run(engine: Engine, jobs: Sequence[Job] = JOBS, *, failing: Sequence[str] = ()) -> Ran:
    """Have the engine do the jobs in a folder of their own; the cells `failing` fail."""
    with TemporaryDirectory() as folder:
        for cell in failing:
            Path(folder, cell).touch()
        heard = Heard()
        told = tuple(engine.run(Work(folder, tuple(jobs), CALL), heard))
        log = Path(folder, _LOG)
        lines = log.read_text().splitlines() if log.exists() else []
    return Ran(told, tuple((what, cell, process) for what, cell, process in map(str.split, lines)), heard)


def outcome(engine: Engine, original: Engine) -> list[tuple[str, str, str]]:
    """What an engine tells of work that fails in one place."""
    return sorted((done.job, done.error, done.waits_for) for done in run(engine, failing=BROKEN).told)
