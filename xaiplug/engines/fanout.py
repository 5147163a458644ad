"""Work fanned out to workers: in order, placed, and done again where a worker was lost."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

from xaiplug.engines.crew import Crew
from xaiplug.engines.order import Order
from xaiplug.errors import EngineError
from xaiplug.kinds import Done, Job, Watcher, Work

LOSSES = 5
"""How many workers a job may lose before it counts as what kills them."""

PAUSE = 0.5
"""Seconds after which it is looked again who is there."""


@dataclass(frozen=True)
class Reply:
    """What came back of a job that a worker was given: its answer, or an error, or nothing since the worker is lost."""

    worker: str
    job: str
    cells: tuple[str, ...] = ()
    error: str = ""
    lost: bool = False


class Hands(Protocol):
    """The workers of an engine: how it reaches them."""

    def workers(self) -> Collection[str]:
        """Names of the workers that are ready now; one that was lost and comes back has another name."""

    def fits(self, worker: str, needs: Mapping[str, str]) -> bool:
        """Whether a worker has what a job needs; a job waits for one that has."""

    def give(self, worker: str, call: str, folder: str, job: Job) -> None:
        """Have a worker do a job: `xaiplug.kinds.do(call, folder, job.cells)`."""

    def replies(self, seconds: float) -> Iterable[Reply]:
        """What came back, as soon as anything did; nothing after so many seconds.

        Raises:
            EngineError: workers cannot be reached any more.
        """


def fan_out(work: Work, watcher: Watcher, hands: Hands, patience: float) -> Iterator[Done]:
    """Have every job done by the workers; what `Engine.run` yields.

    Args:
        patience: seconds after which it gives up where no worker has a job, and none that is there can do one.

    Raises:
        EngineError: no worker was there for so long.
    """
    crew = Crew(Order(work.jobs), hands.fits)
    jobs = {job.id: job for job in work.jobs}
    open_, losses, heard = set(jobs), Counter[str](), set[str]()
    pace = _Pace()
    seen = time.monotonic()
    while open_:
        gone = crew.present(hands.workers())
        for worker, job in crew.give(pace.seconds):
            if job.id not in heard:
                heard.add(job.id)
                watcher.cell(job.name)
            pace.given(job.id)
            hands.give(worker, work.call, work.folder, job)
        if crew.busy:
            seen = time.monotonic()
        elif time.monotonic() - seen > patience:
            raise EngineError(f"no worker that can do them was there for {patience:g} s; {len(open_)} jobs are left")
        for reply in hands.replies(PAUSE):
            job = jobs[reply.job]
            if job.id not in open_ or job.id not in crew.jobs.get(reply.worker, {}):
                continue  # of a worker that was given up, whose job another one has
            if reply.lost:
                gone += crew.left(reply.worker)
                continue
            open_.remove(job.id)
            pace.ended(job.id, reply.worker)
            crew.ended(reply.worker, job)
            yield Done(job.id, reply.cells, reply.error)
        for job in gone:
            losses[job.id] += 1
            if losses[job.id] < LOSSES:
                crew.order.again(job)
                continue
            open_.remove(job.id)
            crew.order.ended(job)
            yield Done(job.id, error=f"{LOSSES} workers were lost while they had it; it may be what kills them")


class _Pace:
    """What a job takes, about: the mean of the last few, each from when its worker had nothing before it."""

    def __init__(self) -> None:
        self.seconds = float("inf")
        self._given: dict[str, float] = {}
        self._idle: dict[str, float] = {}

    def given(self, job: str) -> None:
        self._given[job] = time.monotonic()

    def ended(self, job: str, worker: str) -> None:
        now = time.monotonic()
        took = max(now - max(self._given.pop(job), self._idle.get(worker, 0.0)), 1e-6)
        self._idle[worker] = now
        self.seconds = took if self.seconds == float("inf") else 0.8 * self.seconds + 0.2 * took
