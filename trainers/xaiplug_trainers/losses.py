"""Losses by name: each takes outputs (B,K) and labels (B,) and gives the mean over the batch."""

from collections.abc import Callable

from torch import Tensor
from torch.nn.functional import cross_entropy

__all__ = ["LOSSES"]

LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
}
