"""Which jobs may begin: those whose inputs have ended, in the order of the work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from heapq import heappop, heappush

from xaiplug.kinds import Job


class Order:
    """Jobs that are not begun yet."""

    def __init__(self, jobs: Sequence[Job]) -> None:
        """
        Args:
            jobs: inputs first. An input that is not among them has ended.
        """
        self._jobs = jobs
        self._place = {job.id: place for place, job in enumerate(jobs)}
        inputs = {job.id: set(job.inputs) & self._place.keys() for job in jobs}
        self._open = {job: len(wanted) for job, wanted in inputs.items()}
        self._next: dict[str, list[Job]] = {}
        self._ready: dict[str, list[int]] = {}  # model -> places of its jobs, a heap
        for job in jobs:
            for wanted in inputs[job.id]:
                self._next.setdefault(wanted, []).append(job)
            if not inputs[job.id]:
                self.again(job)

    def __len__(self) -> int:
        """How many may begin now."""
        return sum(map(len, self._ready.values()))

    def again(self, job: Job) -> None:
        """A job may begin (once more)."""
        heappush(self._ready.setdefault(model_of(job), []), self._place[job.id])

    def ended(self, job: Job) -> None:
        """A job has ended; what stood on nothing else may begin."""
        for other in self._next.get(job.id, ()):
            self._open[other.id] -= 1
            if not self._open[other.id]:
                self.again(other)

    def take(self, strange: Callable[[str], int]) -> Job:
        """The job to begin next: the first of the work, of the models that are the least `strange`.

        Raises:
            ValueError: none may begin.
        """
        places = min((strange(model), places) for model, places in self._ready.items() if places)[1]
        return self._jobs[heappop(places)]


def model_of(job: Job) -> str:
    """The model that a job asks; empty = none."""
    return job.needs.get("model", "")
