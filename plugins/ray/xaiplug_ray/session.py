"""From a place to a session of ray: the one that is there, a cluster by its address, or this machine for a while."""

from __future__ import annotations

import logging
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import ray

from xaiplug.engines import surroundings_kept
from xaiplug.errors import EngineError, one_line

STORE = 80 * 2**20
"""Bytes of shared memory that ray keeps objects in; the least that it takes. A run's jobs are strings."""


def cores() -> int:
    """Cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def connected(address: str, workers: int | None) -> Iterator[None]:
    """A session of ray in the block. One that this process has already is used, and left as it is.

    Raises:
        EngineError: no cluster is there, or none can be started.
    """
    if ray.is_initialized():
        yield
        return
    with _quiet(), tempfile.TemporaryDirectory(prefix="ray-", dir=_short()) as folder:
        with surroundings_kept():
            _start(address or os.environ.get("RAY_ADDRESS", ""), workers or cores(), folder)
        try:
            yield
        finally:
            ray.shutdown()


def _start(address: str, workers: int, folder: str) -> None:
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    here = {"num_cpus": workers, "include_dashboard": False, "object_store_memory": STORE, "_temp_dir": folder}
    try:
        _reached(address)
        ray.init(address or None, log_to_driver=False, logging_level=logging.CRITICAL, **({} if address else here))
    except Exception as error:
        at = f" at {address}" if address else ""
        hint = "start one with: ray start --head; if it asks for a token, set RAY_AUTH_MODE=token"
        raise EngineError(f"ray: no cluster{at} ({one_line(error)}); {hint}") from error


def _reached(address: str) -> None:
    """Where nobody answers at a host and port, ray itself takes minutes to say so."""
    host, _, port = address.rpartition("://")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host, int(port)), timeout=10).close()


def _short() -> str | None:
    """Where ray's sockets are: their paths must not be long."""
    return "/tmp" if Path("/tmp").is_dir() else None


@contextmanager
def _quiet() -> Iterator[None]:
    """Ray tells a driver on its standard output, and in its log, of workers that are lost; here their jobs tell."""
    logger, printer = logging.getLogger("ray"), sys.modules["ray._private.worker"]
    level, say = logger.level, getattr(printer, "print_to_stdstream", None)
    logger.setLevel(logging.CRITICAL)
    if say is not None:
        printer.print_to_stdstream = lambda *_, **__: None  # type: ignore[attr-defined]
    try:
        yield
    finally:
        logger.setLevel(level)
        if say is not None:
            printer.print_to_stdstream = say  # type: ignore[attr-defined]
