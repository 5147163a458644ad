"""Rows that go through a network together, where a method holds more than one graph per row."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from xaiplug import Query


def row_blocks(query: Query, held: int) -> Iterator[Tensor]:
    """Sample indices in blocks; `held` is how many times a sample is held in memory."""
    if isinstance(query.max_batch, int):
        size = query.max_batch // held
    else:
        size = (2**22 if query.inputs.device.type == "cpu" else 2**27) // (3 * held * query.inputs[0].numel())
    yield from torch.arange(len(query), device=query.inputs.device).split(max(1, size))
