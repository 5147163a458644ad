"""Complexity as entropy (Bhatt, Weller and Moura, 2020)."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug_complexity.magnitudes import OfMagnitudes


class Complexity(OfMagnitudes):
    """Entropy of the shares that magnitudes have of the attribution.

    C = -Σ_i p_i ln p_i, p_i = |φ_i| / Σ_j |φ_j| (Bhatt et al., 2020, Definition 4).

    0 for a single magnitude, ln d where all d are equal, in nats; lower is simpler. Unchanged by scale and by order;
    writing every value twice adds ln 2, so that maps compare on one grid only. NaN where all are 0.

    A group attribution counts position by position (`over="positions"`, so that it compares with a pixel map), or
    group by group.
    """

    better = "lower"

    def index(self, magnitudes: Tensor) -> Tensor:
        return entropy(magnitudes)


def entropy(magnitudes: Tensor) -> Tensor:
    """Entropy (B,) in nats of the shares of magnitudes (B,d) >= 0.

    >>> entropy(torch.tensor([[1.0, 1, 1, 1], [0, 0, 0, 2], [0, 0, 0, 0]]))
    tensor([1.3863, 0.0000,    nan])
    """
    shares = magnitudes / magnitudes.sum(1, keepdim=True)
    return torch.special.entr(shares).sum(1)
