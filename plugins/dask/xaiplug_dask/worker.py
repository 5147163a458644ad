"""What workers do. It loads nothing that is not needed for it."""

from __future__ import annotations

import signal
from importlib import import_module

from distributed import get_worker

from xaiplug.errors import one_line
from xaiplug.kinds import do


def dask_setup(_: object) -> None:
    """Called by dask when a worker of this machine begins: Ctrl-C reaches it too, and is the run's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


def begin(topic: str, number: int, call: str) -> None:
    """Load what jobs need, and tell that it is there."""
    import_module(call.partition(":")[0])
    get_worker().log_event(topic, [number, [], ""])


def answer(task: tuple[str, int, str, str, tuple[str, ...]]) -> None:
    """A job, and what came of it told under the run's topic and the task's number."""
    topic, number, call, folder, cells = task
    try:
        told, error = do(call, folder, cells), ""
    except Exception as raised:
        told, error = [], one_line(raised)
    get_worker().log_event(topic, [number, told, error])
