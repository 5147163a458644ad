"""Which jobs may begin: those whose inputs have ended, in the order of the work."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
        self._ready: dict[tuple[tuple[str, str], ...], list[int]] = {}  # needs -> places of their jobs, a heap
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
        heappush(self._ready.setdefault(tuple(sorted(job.needs.items())), []), self._place[job.id])

    def ended(self, job: Job) -> None:
        """A job has ended; what stood on nothing else may begin."""
        for other in self._next.get(job.id, ()):
            self._open[other.id] -= 1
            if not self._open[other.id]:
                self.again(other)

    def take(self, strange: Callable[[Mapping[str, str]], int | None]) -> Job | None:
        """The job to begin next: the first of the work, of those whose needs are the least `strange`.

        Args:
            strange: of needs; None = never.
        """
        asked = [(strange(dict(needs)), places) for needs, places in self._ready.items() if places]
        possible = [(far, places) for far, places in asked if far is not None]
        return self._jobs[heappop(min(possible)[1])] if possible else None
