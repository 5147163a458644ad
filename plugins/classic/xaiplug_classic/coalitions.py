"""Coalitions of groups: all of them, or drawn."""

from __future__ import annotations

from itertools import combinations

import torch
from torch import Tensor

from xaiplug import Query


def every_coalition(players: int) -> Tensor:
    """All coalitions (2^n,n) bool; row c holds the bits of c.

    >>> every_coalition(2).int()
    tensor([[0, 0],
            [1, 0],
            [0, 1],
            [1, 1]], dtype=torch.int32)
    """
    codes = torch.arange(2**players)[:, None]
    return (codes >> torch.arange(players)) & 1 == 1


def of_size(players: int, size: int) -> Tensor:
    """All coalitions (C(n,s),n) bool of `size` players."""
    members = torch.tensor(list(combinations(range(players), size)), dtype=torch.int64)
    return torch.zeros(len(members), players, dtype=torch.bool).scatter_(1, members, True)


def uniform_per_group(query: Query, draws: int, groups: int) -> Tensor:
    """Uniform numbers (B,draws,G): what a group gets does not depend on how many groups other samples have."""
    return torch.stack([query.uniform(draws) for _ in range(groups)], dim=2)


def padded(coalitions: Tensor, groups: int) -> Tensor:
    """Coalitions (M,n) of one sample as (M,G)."""
    return torch.nn.functional.pad(coalitions, (0, groups - coalitions.shape[1]))
