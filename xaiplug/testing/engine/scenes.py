"""Work for an engine, which leaves a line in a log when a cell begins and when it ends."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory

from xaiplug.kinds import Done, Engine, Job, Watcher, Work
from xaiplug.testing import acts

CALL = f"{acts.__name__}:act"

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


@dataclass
class Heard(Watcher):
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
    log = Path(given.folder, acts.LOG)
    found = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return tuple((what, cell, process) for what, cell, process in found)


def outcome(engine: Engine, original: Engine) -> list[tuple[str, tuple[str, ...], str]]:
    """What an engine tells of work that fails here and there."""
    return sorted((done.job, done.cells, done.error) for done in run(engine, BROKEN).told)
