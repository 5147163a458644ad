"""Engines that keep the contract: one job after the other, several at once, and workers that may be lost."""

from __future__ import annotations

import itertools
import multiprocessing
from collections.abc import Collection, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextlib import closing
from multiprocessing.connection import Connection
from multiprocessing.connection import wait as any_of
from multiprocessing.process import BaseProcess
from typing import Annotated

from annotated_types import Ge

from xaiplug.engines import Reply, fan_out
from xaiplug.errors import one_line
from xaiplug.kinds import Done, Engine, Job, Watcher, Work, do


class InTurn(Engine):
    """One job after the other; each step is a method, for violators to replace."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        for job in self.order(work.jobs):
            watcher.cell(job.name)
            yield self.say(self.compute(work, job))

    def order(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        """Jobs as they are done."""
        return jobs

    def compute(self, work: Work, job: Job) -> Done:
        """Do a job."""
        return work.do(job)

    def say(self, done: Done) -> Done:
        """What is said of a job."""
        return done


class Several(Engine):
    """Jobs that stand on nothing unfinished are done at once, each in a thread."""

    workers: Annotated[int, Ge(1)] = 2
    """How many at a time."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        ended: set[str] = set()
        waiting, going = list(work.jobs), set[Future[Done]]()
        with ThreadPoolExecutor(self.workers) as pool:
            while waiting or going:
                for job in [job for job in waiting if ended >= set(job.inputs)]:
                    waiting.remove(job)
                    watcher.cell(job.name)
                    going.add(pool.submit(work.do, job))
                done, going = wait(going, return_when=FIRST_COMPLETED)
                for future in done:
                    ended.add(future.result().job)
                    yield future.result()


class Forks(Engine):
    """Each job in a process of its own, forked from this one; `fan_out` does the rest."""

    workers: Annotated[int, Ge(1)] = 2
    """How many at a time."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        with closing(self.hands()) as hands:
            yield from fan_out(work, watcher, hands, patience=10)

    def hands(self) -> ForkingHands:
        """Who works."""
        return ForkingHands(self.workers)


class ForkingHands:
    """Workers, each of which does its jobs one after the other, in a process for each."""

    def __init__(self, count: int) -> None:
        self._names = (str(number) for number in itertools.count())
        self._given: dict[str, list[tuple[str, str, Job]]] = {next(self._names): [] for _ in range(count)}
        self._going: dict[Connection, tuple[str, BaseProcess]] = {}

    def workers(self) -> Collection[str]:
        return list(self._given)

    def fits(self, worker: str, needs: Mapping[str, str]) -> bool:
        return True

    def give(self, worker: str, call: str, folder: str, job: Job) -> None:
        self._given[worker].append((call, folder, job))
        if len(self._given[worker]) == 1:
            self._begin(worker)

    def _begin(self, worker: str) -> None:
        call, folder, job = self._given[worker][0]
        mine, its = multiprocessing.Pipe(duplex=False)
        context = multiprocessing.get_context("fork")
        process = context.Process(target=_answer, args=(its, call, folder, job.cells), daemon=True)
        process.start()
        its.close()
        self._going[mine] = worker, process

    def replies(self, seconds: float) -> Iterable[Reply]:
        for connection in any_of(list(self._going), seconds):
            assert isinstance(connection, Connection)
            worker, process = self._going.pop(connection)
            process.join()
            job = self._given[worker].pop(0)[2].id
            try:
                yield Reply(worker, job, *connection.recv())
            except EOFError:
                del self._given[worker]
                self._given[next(self._names)] = []
                yield Reply(worker, job, lost=True)
            else:
                if self._given[worker]:
                    self._begin(worker)

    def close(self) -> None:
        """End what is going on."""
        for _, process in self._going.values():
            process.kill()
            process.join()


def _answer(reply: Connection, call: str, folder: str, cells: tuple[str, ...]) -> None:
    try:
        reply.send((tuple(do(call, folder, cells)), ""))
    except Exception as error:
        reply.send(((), one_line(error)))


GOOD = (InTurn(), Several(), Several(workers=1), Forks())
