"""Engines: where the cells of a run are computed. Only strings travel: a folder, and the names of jobs and cells."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import import_module
from typing import Protocol

from xaiplug.errors import PluginError
from xaiplug.kinds.base import Component


@dataclass(frozen=True)
class Job:
    """What an engine does in one go: some cells, one after the other, in one process.

    Attributes:
        id: tells it from other jobs.
        cells: ids of cells, in the order to compute them.
        inputs: ids of the jobs that must be done before.
        needs: what it asks of its place, such as `{"model": "resnet"}`; for an engine that places jobs.
        name: for people.
    """

    id: str
    cells: tuple[str, ...]
    inputs: tuple[str, ...] = ()
    needs: Mapping[str, str] = field(default_factory=dict)
    name: str = ""


@dataclass(frozen=True)
class Work:
    """A run's folder and its jobs, inputs first.

    `call` is `module:function`, called as `function(folder, cell)` wherever the work is done.
    """

    folder: str
    jobs: tuple[Job, ...]
    call: str = "xaiplug.run.cell:run_cell"

    def compute(self, cell: str) -> None:
        """Compute one cell, in this process.

        Raises:
            Exception: whatever the computation raises.
        """
        module, _, function = self.call.partition(":")
        call: Callable[[str, str], object] = getattr(import_module(module), function)
        call(self.folder, cell)


@dataclass(frozen=True)
class Done:
    """What came of one job.

    Attributes:
        error: the message of a job that failed, in one line; empty = done.
        waits_for: the failed job that this one stands on, so that it was not begun; empty = it was.
    """

    job: str
    error: str = ""
    waits_for: str = ""


class Watcher(Protocol):
    """What is told while work goes on."""

    def start(self, total: int) -> None: ...

    def cell(self, name: str) -> None: ...

    def done(self) -> None: ...


class Engine(Component):
    """Computes jobs: here, in other processes, on other machines."""

    kind = "engine"

    @abstractmethod
    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        """Do every job once, none before its inputs, and say of each what came of it, as soon as that is known.

        A job that fails keeps no other from being done, save those that stand on it: they are not begun.

        Args:
            watcher: `cell(name)` when a job begins; start and end are the caller's to tell.
        """

    def read(self, told: Iterator[Done], jobs: Sequence[Job]) -> Iterator[Done]:
        """What `run` says, checked: every job once.

        Raises:
            PluginError: a job that is not in the work, is told twice, or of which nothing was told.
        """
        waiting = {job.id for job in jobs}
        for done in told:
            if done.job not in waiting:
                raise PluginError(f"{self.told} told of job '{done.job}', which is not in its work or was told before")
            waiting.remove(done.job)
            yield done
        if waiting:
            raise PluginError(f"{self.told} ended and never told of {len(waiting)} jobs, such as '{min(waiting)}'")
