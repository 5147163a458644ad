"""Pixel space to the network's own."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

__all__ = ["Normalise"]


class Normalise(nn.Module):
    """(x - mean) / std per channel of (B,C,H,W); the identity where mean is None."""

    mean: Tensor
    std: Tensor

    def __init__(self, mean: Sequence[float] | None = None, std: Sequence[float] | None = None) -> None:
        super().__init__()
        self.active = mean is not None
        self.register_buffer("mean", torch.tensor(mean or [0.0])[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std or [1.0])[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        return (x - self.mean) / self.std if self.active else x
