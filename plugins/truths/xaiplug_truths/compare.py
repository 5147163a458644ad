"""Attributions against exact values, (B,G), NaN beyond a sample's groups; pure functions of tensors."""

from __future__ import annotations

import torch
from torch import Tensor


def sign_agreement(values: Tensor, exact: Tensor) -> Tensor:
    """Share (B,) of the groups with an exact value that is not 0 whose value has its sign.

    >>> sign_agreement(torch.tensor([[2.0, -1.0, 0.0, 5.0]]), torch.tensor([[1.0, 1.0, 1.0, 0.0]]))
    tensor([0.3333])
    """
    counts = exact.nan_to_num() != 0
    right = (values.sign() == exact.sign().to(values)) & counts
    return right.sum(1).to(values.dtype) / counts.sum(1)


def total_share(values: Tensor, exact: Tensor) -> Tensor:
    """1 - Σ |a/Σ|a| - v/Σ|v|| / 2, (B,); NaN where one of them is 0 everywhere.

    >>> total_share(torch.tensor([[3.0, 1.0]]), torch.tensor([[1.0, 1.0]]))
    tensor([0.7500])
    """
    found, true = values.double().nan_to_num(), exact.double().nan_to_num()
    shares = [each / each.abs().sum(1, keepdim=True) for each in (found, true)]
    return (1 - (shares[0] - shares[1]).abs().sum(1) / 2).to(values.dtype)


def concordance(values: Tensor, exact: Tensor) -> Tensor:
    """Somers' D (B,) of the values, given the exact ones.

    >>> concordance(torch.tensor([[1.0, 1.0, 3.0]]), torch.tensor([[0.0, 1.0, 2.0]]))
    tensor([0.6667])
    """
    true, found = (_steps(each) for each in (exact, values))
    return ((true * found).sum((1, 2)) / true.abs().sum((1, 2))).to(values.dtype)


def _steps(values: Tensor) -> Tensor:
    """Which of two is larger, (B,G,G) of -1, 0 and 1; 0 with what is NaN. What differs by rounding alone is equal."""
    wide = values.double()
    away = wide[:, :, None] - wide[:, None]
    unit = 1e-6 if values.dtype == torch.float32 else 1e-12
    tiny = unit * wide.nan_to_num().abs().amax(1)[:, None, None]
    return torch.where(away.abs() <= tiny, 0, away.sign()).nan_to_num()


def pairs_together(holds: Tensor, strengths: Tensor) -> Tensor:
    """The largest strength (B,S) of a set that holds (B,S,G) both of two groups, (B,G,G); 0 without one."""
    batch, sets, players = holds.shape
    found = strengths.new_zeros(batch, players, players)
    for place in range(sets):
        both = holds[:, place, :, None] & holds[:, place, None]
        found = torch.maximum(found, both * strengths[:, place, None, None])
    return found


def pair_area(strengths: Tensor, true: Tensor, players: Tensor) -> Tensor:
    """ROC area (B,) of strengths (B,G,G) as a detector of true (B,G,G) pairs of players; NaN without two kinds."""
    rows, columns = torch.triu_indices(strengths.shape[1], strengths.shape[1], offset=1, device=strengths.device)
    there = (players[:, :, None] & players[:, None])[:, rows, columns]
    found, wanted = strengths[:, rows, columns], true[:, rows, columns]
    area = torch.full_like(strengths[:, 0, 0], torch.nan)
    for row in range(len(area)):
        on, off = found[row][there[row] & wanted[row]], found[row][there[row] & ~wanted[row]]
        if len(on) and len(off):
            above = (on[:, None] > off).sum() + (on[:, None] == off).sum() / 2
            area[row] = above / (len(on) * len(off))
    return area
