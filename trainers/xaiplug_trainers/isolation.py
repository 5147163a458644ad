"""Training that leaves the caller's process as it was."""

import contextlib
import logging
import os
import random
import signal
import sys
import threading
import warnings
from collections.abc import Iterator

import numpy as np
import torch

__all__ = ["bars_on_stderr", "isolated", "quiet"]

_VARIABLES = ("PL_GLOBAL_SEED", "PL_SEED_WORKERS", "CUBLAS_WORKSPACE_CONFIG")


@contextlib.contextmanager
def isolated() -> Iterator[None]:
    """Put back, however the block ends: random states, flags of torch, threads, seed variables, what Ctrl-C does."""
    python, numpy = random.getstate(), np.random.get_state()
    variables = {name: os.environ.get(name) for name in _VARIABLES}
    threads = torch.get_num_threads()
    algorithms = torch.are_deterministic_algorithms_enabled()
    warn_only = torch.is_deterministic_algorithms_warn_only_enabled()
    cudnn = torch.backends.cudnn
    flags = cudnn.benchmark, cudnn.deterministic
    devices = list(range(torch.cuda.device_count()))
    on_interrupt = signal.getsignal(signal.SIGINT)
    try:
        with torch.random.fork_rng(devices=devices):
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
        for name, value in variables.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        torch.set_num_threads(threads)
        torch.use_deterministic_algorithms(algorithms, warn_only=warn_only)
        cudnn.benchmark, cudnn.deterministic = flags
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, on_interrupt)


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without Lightning's hints; errors are still logged."""
    loggers = [logging.getLogger(name) for name in ("pytorch_lightning", "lightning.pytorch", "lightning_fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module=r"pytorch_lightning|lightning_fabric")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def bars_on_stderr() -> contextlib.AbstractContextManager[object]:
    """Progress bars go to stderr, where they cannot spoil output that is piped."""
    return contextlib.redirect_stdout(sys.stderr)
