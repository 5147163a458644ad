"""Who does what: a worker gets jobs that it can do, of the model that it holds as long as there are any."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from xaiplug.engines.order import Order
from xaiplug.kinds import Job

AHEAD = 1.0
"""Seconds of work that a worker has waiting behind what it does, so that it never waits for the next job to travel."""

MOST = 8
"""Jobs that wait so, at most: what waits with a worker cannot go to another that is idle."""

Fits = Callable[[str, Mapping[str, str]], bool]
"""Whether a worker, by name, has what a job needs."""


class Crew:
    """Workers, by name, with the jobs that they have and the models that they hold."""

    def __init__(self, order: Order, fits: Fits) -> None:
        self.order, self._fits = order, fits
        self.jobs: dict[str, dict[str, Job]] = {}
        self._holds: dict[str, set[str]] = {}

    @property
    def busy(self) -> bool:
        """Whether any worker has a job."""
        return any(self.jobs.values())

    def present(self, workers: Collection[str]) -> list[Job]:
        """Take note of who is there now; the jobs that those who are gone were at."""
        gone = [job for name in self.jobs.keys() - set(workers) for job in self.left(name)]
        for name in workers:
            self.jobs.setdefault(name, {})
        return gone

    def left(self, worker: str) -> list[Job]:
        """A worker is gone; the job that it was at, if any. Those that waited behind it may begin again."""
        self._holds.pop(worker, None)
        at, *waited = self.jobs.pop(worker, {}).values() or (None,)
        for job in waited:
            self.order.again(job)
        return [at] if at else []

    def give(self, seconds: float) -> Iterator[tuple[str, Job]]:
        """Give jobs to workers who have few left, evenly: one each, and more where jobs are short.

        Args:
            seconds: what a job takes, about.
        """
        share = 1 + min(MOST, int(AHEAD / seconds))
        few = [worker for worker, jobs in self.jobs.items() if len(jobs) <= share // 2]
        for more in range(1, share + 1):
            for worker in few:
                if len(self.jobs[worker]) < more and (job := self._next(worker)) is not None:
                    self.jobs[worker][job.id] = job
                    yield worker, job

    def _next(self, worker: str) -> Job | None:
        job = self.order.take(lambda needs: self._strange(worker, needs))
        if job is not None:
            self._holds.setdefault(worker, set()).add(_model(job.needs))
        return job

    def _strange(self, worker: str, needs: Mapping[str, str]) -> int | None:
        """How far needs are from a worker: 0 it holds the model or none is asked, else how many others hold it, and 1.

        None = it lacks what is needed.
        """
        if not self._fits(worker, needs):
            return None
        model = _model(needs)
        if not model or model in self._holds.get(worker, ()):
            return 0
        return 1 + sum(model in held for held in self._holds.values())

    def ended(self, worker: str, job: Job) -> None:
        """A worker has ended a job."""
        self.jobs.get(worker, {}).pop(job.id, None)
        self.order.ended(job)


def _model(needs: Mapping[str, str]) -> str:
    """The model that is asked; empty = none."""
    return needs.get("model", "")
