"""Coalitions of groups: all of them, or drawn."""

from __future__ import annotations

from itertools import combinations
from math import comb

import torch
from torch import Tensor

from xaiplug import MaskedGame, Query


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


def all_worths(game: MaskedGame, row: int, players: int) -> Tensor:
    """Scores (2^n,) of every coalition of one sample, in the order of `every_coalition`."""
    coalitions = every_coalition(players)
    return game.evaluate(torch.full((len(coalitions),), row), padded(coalitions, game.groups.count))


def shapley_of(worths: Tensor) -> Tensor:
    """Shapley values (n,) of a game that is known whole (2^n,), by definition.

    >>> shapley_of(torch.tensor([0.0, 0, 0, 1]))
    tensor([0.5000, 0.5000])
    """
    codes = torch.arange(len(worths), device=worths.device)
    players = len(worths).bit_length() - 1
    sizes = _sizes(codes, players)
    phi = []
    for i in range(players):
        without = codes[codes >> i & 1 == 0]
        weights = worths.new_tensor([1 / (players * comb(players - 1, s)) for s in range(players)])
        phi.append((weights[sizes[without]] * (worths[without | 1 << i] - worths[without])).sum())
    return torch.stack(phi) if phi else worths.new_zeros(0)


def interactions_of(worths: Tensor) -> Tensor:
    """Shapley interaction indices (P,) of the pairs i < j of a game that is known whole (2^n,), by definition.

    >>> interactions_of(torch.tensor([0.0, 0, 0, 1]))
    tensor([1.])
    """
    codes = torch.arange(len(worths), device=worths.device)
    players = len(worths).bit_length() - 1
    sizes = _sizes(codes, players)
    weights = worths.new_tensor([1 / ((players - 1) * comb(players - 2, s)) for s in range(players - 1)])
    found = []
    for i, j in combinations(range(players), 2):
        without = codes[(codes >> i & 1 == 0) & (codes >> j & 1 == 0)]
        both, one, two = without | 1 << i | 1 << j, without | 1 << i, without | 1 << j
        delta = worths[both] - worths[one] - worths[two] + worths[without]
        found.append((weights[sizes[without]] * delta).sum())
    return torch.stack(found) if found else worths.new_zeros(0)


def _sizes(codes: Tensor, players: int) -> Tensor:
    """Players of each coalition."""
    return (codes[:, None] >> torch.arange(players, device=codes.device) & 1).sum(1)
