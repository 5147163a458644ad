"""Distances between maps."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

Distance = Literal["l2", "unit-l2", "1-spearman", "fel"]


def distance(one: Tensor, two: Tensor, kind: Distance) -> Tensor:
    """Distances (B,) of maps (B,...).

    `l2` is Euclidean, `unit-l2` of maps scaled to norm 1 (a map of zeros stays 0), `1-spearman` is 1 - ρ of the ranks
    (Fel et al. name it, and use `fel`: √(1 - |ρ|)). ρ of a constant map is 0, and of two equal maps 1.

    >>> distance(torch.tensor([[3.0, 0, 0]]), torch.tensor([[0.0, 4, 0]]), "l2")
    tensor([5.])
    """
    a, b = one.flatten(1), two.flatten(1)
    if kind == "l2":
        return (a - b).norm(dim=1)
    if kind == "unit-l2":
        return (_unit(a) - _unit(b)).norm(dim=1)
    rho = spearman(a, b)
    return 1 - rho if kind == "1-spearman" else (1 - rho.abs()).clamp(min=0).sqrt()


def spearman(a: Tensor, b: Tensor) -> Tensor:
    """Rank correlation (B,) of rows (B,n); equal values share their mean rank."""
    x, y = (_unit(_ranks(v) - (v.shape[1] - 1) / 2) for v in (a, b))
    rho = (x * y).sum(1).clamp(-1, 1)
    return torch.where((a == b).all(1), torch.ones_like(rho), rho)


def _unit(values: Tensor) -> Tensor:
    norm = values.norm(dim=1, keepdim=True)
    return values / torch.where(norm > 0, norm, 1)


def _ranks(values: Tensor) -> Tensor:
    ordered = values.sort(1).values.contiguous()
    below = torch.searchsorted(ordered, values.contiguous())
    upto = torch.searchsorted(ordered, values.contiguous(), right=True)
    return (below + upto - 1).to(values.dtype) / 2
