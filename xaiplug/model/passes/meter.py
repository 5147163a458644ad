"""Counting what a method costs, whoever calls the network."""

from __future__ import annotations

import os
import resource
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

_looking: ContextVar[bool] = ContextVar("looking", default=False)


@dataclass
class Meter:
    """Rows forwarded, rows differentiated (first-order passes through the output), seconds, and the peak of memory.

    The peak is in bytes above what was held when the block began: the method's own, not the process's.

    What is found out once for a network (`looking`) is no row: else the count would depend on who asked before.
    """

    forwards: int = 0
    backwards: int = 0
    seconds: float = 0.0
    peak_bytes: int = 0

    def meta(self) -> dict[str, Any]:
        """The four numbers, for `Explanation.meta`."""
        return {
            "forwards": self.forwards,
            "backwards": self.backwards,
            "seconds": self.seconds,
            "peak_bytes": self.peak_bytes,
        }


@contextmanager
def metered(module: nn.Module) -> Iterator[Meter]:
    """Count every forward through `module`, and every backward through its output, while the block runs."""
    meter = Meter()

    def count(_: nn.Module, inputs: Any, output: Any) -> None:
        if not isinstance(output, Tensor) or not output.ndim or _looking.get():
            return
        rows = len(output)
        meter.forwards += rows
        if output.requires_grad:

            def backward(gradient: Tensor) -> None:
                meter.backwards += rows

            output.register_hook(backward)

    handle = module.register_forward_hook(count)
    _reset_peak()
    held = _held()
    before = time.perf_counter()
    try:
        yield meter
    finally:
        handle.remove()
        if torch.cuda.is_initialized():
            torch.cuda.synchronize()
        meter.seconds = time.perf_counter() - before
        meter.peak_bytes = max(0, _peak() - held)


@contextmanager
def looking() -> Iterator[None]:
    """While the block runs, no meter counts: what is asked is kept for all who ask of this network later."""
    token = _looking.set(True)
    try:
        yield
    finally:
        _looking.reset(token)


def _reset_peak() -> None:
    if torch.cuda.is_initialized():
        torch.cuda.reset_peak_memory_stats()
    try:
        opened = os.open("/proc/self/clear_refs", os.O_WRONLY)
    except OSError:
        return
    try:
        os.write(opened, b"5")
    except OSError:
        pass
    finally:
        os.close(opened)


def _held() -> int:
    """Bytes held now: on the GPU where one is in use, else by the process."""
    if torch.cuda.is_initialized():
        return torch.cuda.memory_allocated()
    pages = _read("/proc/self/statm").split()
    return int(pages[1]) * resource.getpagesize() if pages else _ever()


def _peak() -> int:
    """Bytes held at most since the reset.

    Where the system does not say, what the process ever held at most stands for both: a peak below it is 0.
    """
    if torch.cuda.is_initialized():
        return torch.cuda.max_memory_allocated()
    kilobytes = _read("/proc/self/status").partition(b"VmHWM:")[2].split(None, 1)
    return int(kilobytes[0]) * 1024 if kilobytes else _ever()


def _read(path: str) -> bytes:
    """What the system tells there; nothing where it does not."""
    try:
        opened = os.open(path, os.O_RDONLY)
    except OSError:
        return b""
    try:
        return os.read(opened, 2**14)
    except OSError:
        return b""
    finally:
        os.close(opened)


def _ever() -> int:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
