"""Our side of the races."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

import xaiplug
from benchmarks.peers.networks import TARGET


def explained(net: nn.Module, x: Tensor, method: str, **given: Any) -> Tensor:
    """The attribution, as a user gets it from a plain module."""
    return xaiplug.explain(net, x, method, target=TARGET, progress=False, **given).attribution


def cells(side: int, across: int, down: int) -> Tensor:
    """Groups (1,H,W): a grid of `down` rows and `across` columns."""
    row, column = torch.arange(side) * down // side, torch.arange(side) * across // side
    return (row[:, None] * across + column)[None]
