"""Who is above the threshold in a Hessian row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

Normalize = Literal["maxabs", "minmax", "raw"]

_ROUNDING = 64
"""A row whose off-diagonal entries are all below so many units of rounding of its largest has no neighbours."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Features above the threshold in one row, strongest first: `index` (n,) int64 and their signed `entry` (n,)."""

    index: Tensor
    entry: Tensor


def neighbours(row: Tensor, feature: int, how: Normalize, mu: float, cap: int, allowed: Tensor | None) -> Neighbours:
    """Who is above `mu` in the Hessian row (d,) of `feature`; at most `cap`, equal entries in the order of the index.

    "maxabs": |H_ji| / max_{l != j} |H_jl| > mu, without the diagonal. "minmax" (published): (H_ji - min) / (max - min
    + 1e-8) > mu. "raw" (the paper as printed): H_ji > mu. `allowed` (d,) bool confines them.

    >>> neighbours(torch.tensor([0.0, -10, 1]), 0, "maxabs", 0.5, 9, None).index
    tensor([1])
    """
    if how == "maxabs":
        strength = row.abs()
        largest = strength.max()
        strength[feature] = 0
        most = strength.max()
        if most <= _ROUNDING * torch.finfo(row.dtype).eps * largest:
            return Neighbours(row.new_zeros(0, dtype=torch.int64), row[:0])
        strength = strength / most
    elif how == "minmax":
        low, high = row.aminmax()
        strength = (row - low) / (high - low + 1e-8)
    else:
        strength = row
    above = strength > mu if allowed is None else (strength > mu) & allowed
    index = above.nonzero().flatten()
    values = strength[index]
    if len(index) > cap:
        strong = values >= values.topk(cap).values[-1]
        index, values = index[strong], values[strong]
    order = values.argsort(descending=True, stable=True)[:cap]
    return Neighbours(index[order], row[index[order]])
