"""What a library changes in this process while it starts workers, and nobody asked it to."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def surroundings_kept() -> Iterator[None]:
    """The environment, and what SIGTERM does, are afterwards what they were."""
    environment, main = dict(os.environ), threading.current_thread() is threading.main_thread()
    handler = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        for name in os.environ.keys() - environment.keys():
            del os.environ[name]
        os.environ.update(environment)
        if main and handler is not None:
            signal.signal(signal.SIGTERM, handler)
