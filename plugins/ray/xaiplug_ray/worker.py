"""What workers do. It loads nothing that is not needed for it."""

from __future__ import annotations

import os
from importlib import import_module

import ray

from xaiplug.errors import one_line
from xaiplug.kinds import do


class Worker:
    """A process that does jobs, one after the other."""

    def __init__(self, *, gpus: bool) -> None:
        """
        Args:
            gpus: it may use GPUs; ray hides those of others, but not all where none was asked.
        """
        if not gpus:
            os.environ["CUDA_VISIBLE_DEVICES"] = ""
        if ray.get_gpu_ids() and "XAIPLUG_DEVICE" in os.environ:
            os.environ["XAIPLUG_DEVICE"] = "cuda"  # it sees only its own, whatever its number

    def begin(self, call: str) -> None:
        """Load what jobs need."""
        import_module(call.partition(":")[0])

    def answer(self, call: str, folder: str, cells: tuple[str, ...]) -> tuple[list[str], str]:
        """What came of a job, or an error in one line."""
        try:
            return do(call, folder, cells), ""
        except Exception as error:
            return [], one_line(error)
