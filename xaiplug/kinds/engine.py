"""Engines: where the cells of a run are computed. Only strings travel: a folder, ids, and what came of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module

from xaiplug.errors import PluginError, one_line
from xaiplug.kinds.base import Component

DONE, WAITS, BUSY, FAILED = "done", "waits", "busy", "failed"
"""What may come of a cell: it is there; not begun, since a cell that it reads is not there; not begun, since another
process computes it just now; `failed: ` and the message in one line."""


@dataclass(frozen=True)
class Job:
    """What an engine does in one go: some cells, one after the other, in one process.

    Attributes:
        id: tells it from other jobs.
        cells: ids of cells, in the order to compute them.
        inputs: ids of the jobs that must have ended before, whatever came of them.
        needs: what it asks of its place, such as `{"model": "resnet"}`; for an engine that places jobs.
        name: for people.
    """

    id: str
    cells: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Done:
    """What came of one job.

    Attributes:
        cells: what came of each of its cells, in their order: `DONE`, `WAITS`, `BUSY`, or `FAILED` with a message.
        error: why there is no such answer, in one line: the place where it was done was lost, or cannot do it.
    """

    job: str
    cells: tuple[str, ...] = ()
    error: str = ""


@dataclass(frozen=True)
class Work:
    """A run's folder and its jobs, inputs first.

    `call` is `module:function`. `function(folder, cells)` computes cells wherever it is called and answers with what
    came of each; a cell that fails is such an answer. So an engine needs to know nothing of cells: it sees to the
    order, to places, and to places that are lost.
    """

    folder: str
    jobs: tuple[Job, ...]
    call: str = "xaiplug.run.job:do_cells"

    def do(self, job: Job) -> Done:
        """Do one job, in this process."""
        try:
            return Done(job.id, tuple(do(self.call, self.folder, job.cells)))
        except Exception as error:
            return Done(job.id, error=one_line(error))


def do(call: str, folder: str, cells: Sequence[str]) -> list[str]:
    """What a worker does: call `call`, `module:function`, with a folder and cells; its answer."""
    module, _, name = call.partition(":")
    function: Callable[[str, list[str]], list[str]] = getattr(import_module(module), name)
    return function(folder, list(cells))


class Watcher:
    """What is told while work goes on; this one says nothing of it."""

    def start(self, total: int) -> None:
        """So many cells are to be had."""

    def cell(self, name: str) -> None:
        """One begins."""

    def done(self) -> None:
        """One has ended, or was there."""


class Engine(Component):
    """Computes jobs: here, in other processes, on other machines."""

    kind = "engine"

    @abstractmethod
    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        """Do every job once, none before its inputs have ended; say of each what came of it, as soon as it is known.

        An answer is final, also one that says that cells failed. A job whose place was lost is done again elsewhere.

        Args:
            watcher: `cell(name)` when a job begins; start and end are the caller's to tell.

        Raises:
            EngineError: it cannot begin, or cannot go on.
        """

    def worthwhile(self, seconds: float) -> bool:
        """Whether so much work, by an estimate, is worth the engine's start; what is not, the run does by itself."""
        return True

    def read(self, told: Iterator[Done], jobs: Sequence[Job]) -> Iterator[Done]:
        """What `run` says, checked: every job once, with an answer for every cell or an error.

        Raises:
            PluginError: a job that is not in the work, is told twice, or of which nothing, or too little, was told.
        """
        waiting = {job.id: len(job.cells) for job in jobs}
        for done in told:
            if done.job not in waiting:
                raise PluginError(f"{self.told} told of job '{done.job}', which is not in its work or was told before")
            cells = waiting.pop(done.job)
            if not done.error and len(done.cells) != cells:
                raise PluginError(f"{self.told} told of {len(done.cells)} of the {cells} cells of job '{done.job}'")
            yield done
        if waiting:
            raise PluginError(f"{self.told} ended and never told of {len(waiting)} jobs, such as '{min(waiting)}'")
