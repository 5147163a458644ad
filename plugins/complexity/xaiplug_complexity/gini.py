"""The Gini index."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug_complexity.magnitudes import OfMagnitudes


class Gini(OfMagnitudes):
    """Gini index of the attribution's magnitudes: sparsity, Quantus's Sparseness.

    G = 1 - 2 Σ_k (φ_(k) / ‖φ‖₁) (d - k + ½) / d of d magnitudes φ_(1) ≤ ... ≤ φ_(d) (Chalasani et al., 2020).

    0 where all are equal, (d-1)/d for a single one; no unit; higher is sparser. Unchanged by scale, by order, and by
    writing every value twice. NaN where all are 0.

    A group attribution counts position by position (`over="positions"`, so that it compares with a pixel map), or
    group by group.
    """

    better = "higher"

    def index(self, magnitudes: Tensor) -> Tensor:
        return gini(magnitudes)


def gini(magnitudes: Tensor) -> Tensor:
    """Gini index (B,) of magnitudes (B,d) >= 0.

    >>> gini(torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]]))
    tensor([0.2500, 0.7500, 0.0000,    nan])
    """
    d = magnitudes.shape[1]
    ranked = magnitudes.sort(1).values
    weights = (2 * torch.arange(1, d + 1, dtype=magnitudes.dtype, device=magnitudes.device) - d - 1) / d
    return (ranked * weights).sum(1) / ranked.sum(1)
