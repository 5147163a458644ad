"""Engines that keep the contract: one job after the other, and several at once."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from typing import Annotated

from annotated_types import Ge

from xaiplug.errors import one_line
from xaiplug.kinds import Done, Engine, Job, Watcher, Work


class InTurn(Engine):
    """One job after the other; each step is a method, for violators to replace."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        lost: dict[str, str] = {}
        for job in self.order(work.jobs):
            waits_for = self.lost_input(job, lost)
            error = "" if waits_for else self.attempt(work, job, watcher)
            if waits_for or error:
                lost[job.id] = waits_for or job.id
            yield self.say(job, error, waits_for)

    def order(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """Jobs as they are done."""
        return jobs

    def lost_input(self, job: Job, lost: dict[str, str]) -> str:
        """The failed job that `job` stands on; empty = none."""
        return next((lost[wanted] for wanted in job.inputs if wanted in lost), "")

    def attempt(self, work: Work, job: Job, watcher: Watcher) -> str:
        """Do a job; its error."""
        watcher.cell(job.name)
        try:
            self.compute(work, job)
        except Exception as error:
            return one_line(error)
        return ""

    def compute(self, work: Work, job: Job) -> None:
        """The cells of a job."""
        for cell in job.cells:
            work.compute(cell)

    def say(self, job: Job, error: str, waits_for: str) -> Done:
        """What is said of a job."""
        return Done(job.id, error, waits_for)


class Several(Engine):
    """Jobs that stand on nothing unfinished are done at once, each in a thread."""

    workers: Annotated[int, Ge(1)] = 2
    """How many at a time."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        state: dict[str, str] = {}  # finished job -> the failed job that it is, or stands on; empty = done
        waiting, going = list(work.jobs), dict[Future[str], Job]()
        with self.pool() as pool:
            while waiting or going:
                for job in [job for job in waiting if state.keys() >= set(job.inputs)]:
                    waiting.remove(job)
                    failed = next((state[wanted] for wanted in job.inputs if state[wanted]), "")
                    if failed:
                        state[job.id] = failed
                        yield Done(job.id, waits_for=failed)
                    else:
                        watcher.cell(job.name)
                        going[pool.submit(_attempt, work, job)] = job
                for future in wait(going, return_when=FIRST_COMPLETED).done:
                    job, error = going.pop(future), future.result()
                    state[job.id] = job.id if error else ""
                    yield Done(job.id, error)

    def pool(self) -> Executor:
        """Who works."""
        return ThreadPoolExecutor(self.workers)


def _attempt(work: Work, job: Job) -> str:
    try:
        for cell in job.cells:
            work.compute(cell)
    except Exception as error:
        return one_line(error)
    return ""


GOOD = (InTurn(), Several(), Several(workers=1))
