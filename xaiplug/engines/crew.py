"""Who does what: a worker gets jobs of the model that it holds, as long as there are any."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from xaiplug.engines.order import Order, model_of
from xaiplug.kinds import Job

AHEAD = 1.0
"""Seconds: where jobs take less, a worker has its next one before it has ended the one before."""


class Crew:
    """Workers, by name, with the jobs that they have and the models that they hold."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.jobs: dict[str, dict[str, Job]] = {}
        self._holds: dict[str, set[str]] = {}

    @property
    def going(self) -> int:
        """How many jobs workers have."""
        return sum(map(len, self.jobs.values()))

    def present(self, workers: Collection[str]) -> list[Job]:
        """Take note of who is there now; the jobs of those who are gone."""
        gone = [job for name in self.jobs.keys() - set(workers) for job in self.left(name)]
        for name in workers:
            self.jobs.setdefault(name, {})
        return gone

    def left(self, worker: str) -> list[Job]:
        """A worker is gone; the jobs that it had."""
        self._holds.pop(worker, None)
        return list(self.jobs.pop(worker, {}).values())

    def give(self, seconds: float) -> Iterator[tuple[str, Job]]:
        """Give jobs to workers who have too few: one each, and a second one where jobs are short.

        Args:
            seconds: what a job takes, about.
        """
        for share in (1, 2) if seconds < AHEAD else (1,):
            for worker, jobs in self.jobs.items():
                if len(jobs) < share and len(self.order):
                    job = self.order.take(lambda model, worker=worker: self._strange(worker, model))  # type: ignore[misc]
                    jobs[job.id] = job
                    self._holds.setdefault(worker, set()).add(model_of(job))
                    yield worker, job

    def _strange(self, worker: str, model: str) -> int:
        """How far a model is from a worker: 0 it holds it or none is asked, else how many others hold it, and 1."""
        if not model or model in self._holds.get(worker, ()):
            return 0
        return 1 + sum(model in held for held in self._holds.values())

    def ended(self, worker: str, job: Job) -> None:
        """A worker has ended a job."""
        self.jobs.get(worker, {}).pop(job.id, None)
        self.order.ended(job)
