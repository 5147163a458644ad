"""How jobs reach the workers of a dask cluster, and answers come back.

A job is a task that only its worker may do: dask does not move or repeat it. The answer comes as an event, which is
there before the task has ended; so nothing needs to be fetched from a worker that may be gone by then.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import count
from queue import Empty, SimpleQueue
from uuid import uuid4

from distributed import Future, KilledWorker

from xaiplug.engines import Reply
from xaiplug.errors import EngineError, one_line
from xaiplug.kinds import Job
from xaiplug_dask.cluster import GPU, Cluster
from xaiplug_dask.worker import answer, begin

READY = ""
"""Stands for a job: the worker has loaded what jobs need."""

LOOK = 0.5
"""Seconds after which it is looked again which workers are there, and which tasks ended without an answer."""


class DaskHands:
    """The workers that a client reaches.

    Where workers declare a GPU when the first ones are there, jobs with a model are for those alone: results do not
    depend on who was free.
    """

    def __init__(self, cluster: Cluster, call: str, most: int | None) -> None:
        """
        Args:
            call: what jobs call.
            most: workers that are used, of those that are there; None = all.
        """
        client = cluster.client
        self._cluster, self._client, self._call, self._most = cluster, client, call, most
        self._at = str(client.scheduler.address)
        self._topic = f"xaiplug-{uuid4().hex}"
        self._numbers = count()
        self._new: dict[tuple[str, bool], list[tuple[str, str, Job]]] = {}
        self._going: dict[int, tuple[str, str, Future]] = {}
        self._answers: SimpleQueue[tuple[int, list[str], str]] = SimpleQueue()
        self._looked, self._there = float("-inf"), list[str]()
        self._asked, self._ready = set[str](), set[str]()
        self._with_gpu: set[str] = set()
        self._asks: bool | None = None
        client.subscribe_topic(self._topic, lambda event: self._answers.put(event[1]))

    def workers(self) -> Collection[str]:
        if time.monotonic() - self._looked > LOOK:
            self._look()
        return [name for name in self._there if name in self._ready]

    def _look(self) -> None:
        """See which workers are there; have new ones load what jobs need."""
        there = self._told()
        self._looked, self._there = time.monotonic(), list(there)[: self._most]
        self._with_gpu = {name for name, has in there.items() if has.get(GPU)}
        if self._asks is None and there:
            self._asks = bool(self._with_gpu)
        self._going = {number: going for number, going in self._going.items() if going[0] in there}
        for name in self._there:
            if name not in self._asked:
                number = next(self._numbers)
                place = {"workers": [name], "retries": 0, "pure": False, "key": f"{self._topic}-{number}"}
                future = self._client.submit(begin, self._topic, number, self._call, **place)
                self._going[number] = name, READY, future
        self._asked = set(self._there)
        self._ready &= self._asked
        self._cluster.keep()

    def _told(self) -> dict[str, Mapping[str, float]]:
        """The workers that are there, each with its resources."""
        self._reached()
        try:
            told = self._client.scheduler_info()["workers"]
        except Exception as error:
            raise EngineError(f"dask: the scheduler at {self._at} is lost ({one_line(error)})") from error
        return {name: worker["resources"] for name, worker in told.items()}

    def _reached(self) -> None:
        lost = any(future.cancelled() for *_, future in self._going.values())  # as all are when a connection is lost
        if lost or self._client.status != "running":
            raise EngineError(f"dask: the scheduler at {self._at} is lost")

    def fits(self, worker: str, needs: Mapping[str, str]) -> bool:
        return worker in self._with_gpu or not self._asks_gpu(needs)

    def _asks_gpu(self, needs: Mapping[str, str]) -> bool:
        return bool(self._asks) and "model" in needs

    def give(self, worker: str, call: str, folder: str, job: Job) -> None:
        self._new.setdefault((worker, self._asks_gpu(job.needs)), []).append((call, folder, job))

    def replies(self, seconds: float) -> Iterable[Reply]:
        self._send()
        try:
            while True:
                number, told, error = self._answers.get(timeout=seconds)
                seconds = 0
                if number in self._going:
                    worker, job, _ = self._going.pop(number)
                    if job == READY:
                        self._ready.add(worker)
                    else:
                        yield Reply(worker, job, tuple(told), error)
        except Empty:
            yield from self._unanswered()

    def _unanswered(self) -> Iterator[Reply]:
        """Tasks that ended without an answer: they could not begin, or killed worker after worker."""
        for number, (worker, job, future) in list(self._going.items()):
            if future.status == "error":
                del self._going[number]
                error = future.exception()
                if job == READY:
                    raise EngineError(f"dask: worker {worker} cannot begin: {one_line(error)}")
                yield Reply(worker, job, error=one_line(error), lost=isinstance(error, KilledWorker))

    def _send(self) -> None:
        """New tasks, together for each worker: every message costs."""
        for (worker, gpu), tasks in self._new.items():
            numbered = {next(self._numbers): task for task in tasks}
            futures = self._client.map(
                answer,
                [(self._topic, number, call, folder, job.cells) for number, (call, folder, job) in numbered.items()],
                key=[f"{self._topic}-{number}" for number in numbered],
                workers=[worker],
                resources={GPU: 1} if gpu else None,
                retries=0,
                pure=False,
            )
            for (number, (*_, job)), future in zip(numbered.items(), futures, strict=True):
                self._going[number] = worker, job.id, future
        self._new.clear()

    def close(self) -> None:
        """Have nothing begin any more."""
        if self._client.status == "running":
            self._client.cancel([future for *_, future in self._going.values()])
            self._client.unsubscribe_topic(self._topic)
