"""How jobs reach workers of ray, and answers come back.

A worker is an actor: ray does its jobs in order, keeps its place and its GPU until the run ends, and neither restarts
it nor repeats a job; one that is lost is replaced here.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from concurrent.futures import Future
from functools import partial
from itertools import count
from queue import Empty, SimpleQueue
from typing import Any

import ray
from ray.exceptions import RayActorError, RaySystemError, WorkerCrashedError

from xaiplug.engines import Reply
from xaiplug.errors import EngineError, one_line
from xaiplug.kinds import Job
from xaiplug_ray.worker import Worker

LOST = (RayActorError, WorkerCrashedError, RaySystemError)
"""What ray says of a job whose process or machine is gone."""

READY = ""
"""Stands for a job: the worker has loaded what jobs need."""


class RayHands:
    """Workers that are kept at their number."""

    def __init__(self, call: str, workers: int | None, num_gpus: float | None) -> None:
        """
        Args:
            call: what jobs call.
            workers: how many; None = as many as there is room for.
            num_gpus: GPUs of each; None = 1 where there are any.

        Raises:
            EngineError: the cluster does not answer.
        """
        try:
            has = ray.cluster_resources()
        except Exception as error:
            raise EngineError(f"ray: the cluster is lost ({one_line(error)})") from error
        gpus = has.get("GPU", 0.0)
        self._gpus = (1.0 if gpus else 0.0) if num_gpus is None else num_gpus
        self._call, self._may = call, num_gpus != 0
        room = min(has.get("CPU", 1.0), gpus / self._gpus if self._gpus else float("inf"))
        self._names = (f"worker {number}" for number in count())
        self._actors: dict[str, Any] = {}
        self._ready: dict[str, None] = {}
        self._ended: SimpleQueue[tuple[str, str, Future[Any]]] = SimpleQueue()
        for _ in range(workers or max(1, int(room))):
            self._start()

    def _start(self) -> None:
        name = next(self._names)
        placed = ray.remote(num_cpus=1, num_gpus=self._gpus, max_restarts=0, max_task_retries=0)(Worker)
        self._actors[name] = placed.remote(gpus=self._may)
        self._ask(name, READY, self._actors[name].begin.remote(self._call))

    def _ask(self, worker: str, job: str, answer: Any) -> None:
        answer.future().add_done_callback(partial(self._answered, worker, job))

    def _answered(self, worker: str, job: str, answer: Future[Any]) -> None:
        self._ended.put((worker, job, answer))

    def workers(self) -> Collection[str]:
        return list(self._ready)

    def fits(self, worker: str, needs: Mapping[str, str]) -> bool:
        return True

    def give(self, worker: str, call: str, folder: str, job: Job) -> None:
        self._ask(worker, job.id, self._actors[worker].answer.remote(call, folder, job.cells))

    def replies(self, seconds: float) -> Iterator[Reply]:
        try:
            while True:
                worker, job, answer = self._ended.get(timeout=seconds)
                seconds = 0
                if worker in self._actors:
                    yield from self._reply(worker, job, answer)
        except Empty:
            return

    def _reply(self, worker: str, job: str, answer: Future[Any]) -> Iterator[Reply]:
        error = answer.exception()
        if getattr(error, "actor_init_failed", False):
            raise EngineError(f"ray: no worker can begin: {_last(error)}")
        if isinstance(error, LOST):
            self._ready.pop(worker, None)
            del self._actors[worker]
            self._start()
            if job != READY:
                yield Reply(worker, job, lost=True)
        elif job == READY:
            if error is not None:
                raise EngineError(f"ray: no worker can begin: {_last(error)}")
            self._ready[worker] = None
        elif error is not None:
            yield Reply(worker, job, error=one_line(error))
        else:
            told, why = answer.result()
            yield Reply(worker, job, tuple(told), why)

    def close(self) -> None:
        """End the workers, and what they are at."""
        if ray.is_initialized():
            for actor in self._actors.values():
                ray.kill(actor)


def _last(error: BaseException) -> str:
    """The last line, which has the error; those before it say where."""
    return str(error).strip().splitlines()[-1]
