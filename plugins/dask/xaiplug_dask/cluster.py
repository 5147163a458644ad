"""From a place to a client: a cluster on this machine that lasts as long as it is used, or one that is there."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from tempfile import TemporaryDirectory
from typing import Any

import dask
import torch
from dask.system import CPU_COUNT
from distributed import Client, Nanny, Scheduler, SpecCluster
from distributed.security import Security
from distributed.utils import silence_logging_cmgr

from xaiplug.engines import surroundings_kept
from xaiplug.errors import EngineError, one_line

GPU = "GPU"
"""The resource that a worker with a GPU declares, as dask's documents name it."""


def configured() -> str:
    """The scheduler of dask's own configuration (`DASK_SCHEDULER_ADDRESS`); empty = none."""
    return str(dask.config.get("scheduler-address", None) or "")


def cores() -> int:
    """Cores that this process may use."""
    return int(CPU_COUNT)


def gpus_here() -> list[str]:
    """The GPUs that a run in this process could use, by the names that `CUDA_VISIBLE_DEVICES` has for them."""
    asked, _, number = os.environ.get("XAIPLUG_DEVICE", "cuda").partition(":")
    if asked != "cuda":
        return []
    visible = [name for name in os.environ.get("CUDA_VISIBLE_DEVICES", "").split(",") if name]
    names = (visible or [str(index) for index in range(torch.cuda.device_count())])[: torch.cuda.device_count()]
    return names[int(number) :][:1] if number else names


@dataclass(frozen=True)
class Cluster:
    """A client, and what sees to it that workers that are lost come back where nobody else does."""

    client: Client
    keep: Callable[[], None] = lambda: None


@contextmanager
def connected(address: str, scheduler_file: str, here: tuple[int, int] | None) -> Iterator[Cluster]:
    """The cluster of the scheduler at an address, or one of (workers, GPUs) `here`.

    Raises:
        EngineError: no scheduler is there, or no workers can begin.
    """
    with silence_logging_cmgr(logging.CRITICAL + 1), ExitStack() as stack:
        if here is not None:
            yield _begun(stack, *here)
            return
        try:
            at = {"scheduler_file": scheduler_file} if scheduler_file else {"address": address or configured()}
            client = stack.enter_context(Client(**at, set_as_default=False))
        except (OSError, ValueError) as error:
            where = scheduler_file or address or configured()
            raise EngineError(f"dask: no scheduler at {where} ({error}); start one with: dask scheduler") from error
        yield Cluster(client)


def _begun(stack: ExitStack, workers: int, gpus: int) -> Cluster:
    try:
        cluster = stack.enter_context(_local(workers, gpus))
        client = stack.enter_context(Client(cluster, set_as_default=False))
    except Exception as error:
        raise EngineError(f"dask: workers cannot begin on this machine: {one_line(error)}") from error
    dead: set[Nanny] = set()

    async def replaced() -> None:
        """A nanny restarts its worker, but for one that was lost while it began."""
        without = {nanny for nanny in cluster.workers.values() if not nanny.is_alive()}
        for name, nanny in list(cluster.workers.items()):
            if nanny in dead & without:  # as it was the last time
                del cluster.workers[name]
                with suppress(Exception):  # it may be half-way through its start
                    await nanny.close()
        dead.clear()
        dead.update(without)
        cluster.scale(workers)

    return Cluster(client, lambda: cluster.sync(replaced))


@contextmanager
def _local(workers: int, gpus: int) -> Iterator[SpecCluster]:
    """Processes of this user on this machine; nobody else can talk to them, and nothing of them is left."""
    security = Security.temporary()
    with TemporaryDirectory() as folder, surroundings_kept():  # nannies leave what their workers begin with
        options = {
            "host": "127.0.0.1",
            "protocol": "tls://",
            "security": security,
            "nthreads": 1,
            "memory_limit": 0,
            "dashboard": False,
            "local_directory": folder,
            "silence_logs": logging.CRITICAL + 1,
            "preload": ["xaiplug_dask.worker"],
        }
        scheduler = {"host": "127.0.0.1", "protocol": "tls://", "security": security, "port": 0, "dashboard": False}
        spec = {n: {"cls": Nanny, "options": options | _place(n, gpus)} for n in range(workers)}
        with SpecCluster(
            scheduler={"cls": Scheduler, "options": scheduler | {"dashboard_address": "127.0.0.1:0"}},
            workers=spec,
            security=security,
            silence_logs=False,
        ) as cluster:
            yield cluster


def _place(number: int, gpus: int) -> dict[str, Any]:
    """What the n-th worker has: the n-th GPU, if there are so many."""
    if number >= gpus:
        return {"env": {"CUDA_VISIBLE_DEVICES": ""}} if gpus else {}
    here = gpus_here()
    name = here[number] if number < len(here) else str(number)
    device = {"XAIPLUG_DEVICE": "cuda"} if "XAIPLUG_DEVICE" in os.environ and here else {}
    return {"env": {"CUDA_VISIBLE_DEVICES": name, **device}, "resources": {GPU: 1}}
