"""How many CPU threads a cell computes with: the run's own number, whoever computes it.

The last bits of a float32 sum depend on how many threads share it. So the number is neither the machine's nor the
engine's, and results are equal to the byte wherever a cell is computed. One thread is the default: the demo's 36 cells
take 15 s with it and 12 s with two on a quiet machine with two cores, but 17 s and 28 s to 42 s on a busy one, and
workers, one a core, use the others.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache

import torch
from threadpoolctl import ThreadpoolController


@contextmanager
def threads(count: int) -> Iterator[None]:
    """So many threads for torch and for the libraries below numpy and scipy in the block."""
    before = torch.get_num_threads()
    with _loaded(len(sys.modules)).limit(limits=count):
        torch.set_num_threads(count)
        try:
            yield
        finally:
            torch.set_num_threads(before)


@lru_cache(maxsize=1)
def _loaded(modules: int) -> ThreadpoolController:
    """The libraries with threads that are loaded; looked for again once more modules are."""
    return ThreadpoolController()
