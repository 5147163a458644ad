"""Many pictures as one tensor, without holding them twice; what is large lies on disk."""

from __future__ import annotations

import tempfile

import numpy as np
import torch
from torch import Tensor

from xaiplug.cache import cache_folder
from xaiplug.errors import StoreError

MAPPED = 2**30
"""Bytes from which on a stack lies in a file that the system reads and drops as it needs memory."""


class Stack:
    """Up to `count` tensors of one shape and type, one after the other.

    Beyond `MAPPED` bytes they lie in a file without a name below `XAIPLUG_CACHE`: its room is given back when the
    tensor is gone, also where the process is killed.
    """

    def __init__(self, count: int) -> None:
        self.count, self.filled = count, 0
        self.whole: Tensor | None = None

    def __len__(self) -> int:
        return self.filled

    def add(self, one: Tensor) -> None:
        """Put one more at the end."""
        if self.whole is None:
            self.whole = _room((self.count, *one.shape), one)
        self.whole[self.filled] = one
        self.filled += 1

    def tensor(self) -> Tensor:
        """All that were added (n,*shape).

        Raises:
            IndexError: none was.
        """
        if self.whole is None:
            raise IndexError("nothing was added")
        return self.whole[: self.filled]


def _room(shape: tuple[int, ...], like: Tensor) -> Tensor:
    numbers = like.new_empty(0).numpy()
    if int(np.prod(shape, dtype=np.int64)) * like.element_size() < MAPPED:
        return torch.empty(shape, dtype=like.dtype)
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            return torch.from_numpy(np.memmap(file, dtype=numbers.dtype, mode="w+", shape=shape))
    except OSError as error:
        raise StoreError(
            f"no room for {shape[0]:,} pictures in {folder}: {error}; set XAIPLUG_CACHE to a larger disk, or limit them"
        ) from error
