"""Closed forms: what every patch adds to f(m), m (N,G) the means of the patches, black (0) standing for absence.

All are float64 and written without the network, so that a test can hold one to the other. The Shapley value is of the
game v(S) = f(m with the patches outside S at 0). Integrated gradients go straight from 0 to m. Interactions are the
Shapley interaction index (Grabisch and Roubens, 1999).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True, eq=False)
class Forms:
    """Of N samples: `shapley`, `integrated` and `slope` = df/dm (N,G), `interactions` (N,G,G)."""

    shapley: Tensor
    integrated: Tensor
    slope: Tensor
    interactions: Tensor


def additive(worth: Tensor, slope: Tensor) -> Forms:
    """f = Σ_g worth_g(m_g) with worth_g(0) = 0: every complete method that knows its dummies says worth_g.

    Along the straight path only g's own term depends on m_g, so its integral is worth_g as well.
    """
    return Forms(worth, worth, slope, torch.zeros(*worth.shape, worth.shape[1], dtype=worth.dtype))


def products(means: Tensor, pairs: Sequence[tuple[int, int, float]]) -> Forms:
    """f = Σ c m_a m_b over disjoint pairs: both methods halve c m_a m_b, and the pair interacts by all of it."""
    worth, slope, joint = _empty(means)
    for a, b, factor in pairs:
        both = factor * means[:, a] * means[:, b]
        worth[:, a] = worth[:, b] = both / 2
        slope[:, a], slope[:, b] = factor * means[:, b], factor * means[:, a]
        joint[:, a, b] = joint[:, b, a] = both
    return Forms(worth, worth, slope, joint)


def largest(means: Tensor, players: Sequence[int]) -> Forms:
    """f = max over `players`: the airport game (Littlechild and Owen, 1973).

    With m_(1) <= .. <= m_(k), step l of height m_(l) - m_(l-1) is an OR of the q = k-l+1 players that reach it: each
    has 1/q of it, each two of them interact by -1/(q-1) of it. The straight path gives all to the largest.
    """
    worth, slope, joint = _empty(means)
    values, ranked = means[:, list(players)].sort(1)
    places, count = torch.tensor(players)[ranked], len(players)
    heights = values.diff(dim=1, prepend=torch.zeros(len(means), 1, dtype=means.dtype))
    for sample in range(len(means)):
        for step in range(count):
            reach = places[sample, step:]
            worth[sample, reach] += heights[sample, step] / len(reach)
            if len(reach) > 1:
                joint[sample, reach[:, None], reach] -= heights[sample, step] / (len(reach) - 1)
    joint.diagonal(dim1=1, dim2=2).zero_()
    at = places[:, -1:]
    return Forms(worth, torch.zeros_like(worth).scatter(1, at, values[:, -1:]), slope.scatter(1, at, 1.0), joint)


def smallest(means: Tensor, players: Sequence[int]) -> Forms:
    """f = min over `players`: nothing without all of them, so m_(1) times an AND; the path gives it to the smallest."""
    least, place = means[:, list(players)].min(1, keepdim=True)
    at, every, none = torch.tensor(players)[place], every_one(means, players), torch.zeros_like(means)
    path, slope = none.scatter(1, at, least), none.scatter(1, at, 1.0)
    return Forms(every.shapley * least, path, slope, every.interactions * least[:, :, None])


def any_one(means: Tensor, players: Sequence[int]) -> Forms:
    """f = min(1, 2 Σ m), 1 where one of `players` is on (m = 1): the j that are on have 1/j each.

    Two of them interact by -1/(j-1). Flat where one is on.
    """
    worth, joint = _alike(means, players)
    return Forms(worth, worth, torch.zeros_like(worth), -joint)


def every_one(means: Tensor, players: Sequence[int]) -> Forms:
    """f = 2 max(0, Σ m - k + 1/2), 1 where all k `players` are on, as they are here, and 0 where k-1 are: 1/k each.

    Two of them interact by 1/(k-1).
    """
    worth, joint = _alike(means, players)
    return Forms(worth, worth, 2 * (worth > 0).to(worth), joint)


def _alike(means: Tensor, players: Sequence[int]) -> tuple[Tensor, Tensor]:
    """Players that are there share 1 alike, as the straight path does; and 1/(j-1) for each two of j."""
    there = torch.zeros_like(means)
    there[:, list(players)] = (means[:, list(players)] > 0).to(means.dtype)
    count = there.sum(1, keepdim=True)
    pairs = there[:, :, None] * there[:, None] * (1 - torch.eye(means.shape[1], dtype=means.dtype))
    return there / count.clamp(min=1), pairs / (count - 1).clamp(min=1)[:, :, None]


def _empty(means: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    players = means.shape[1]
    return torch.zeros_like(means), torch.zeros_like(means), means.new_zeros(len(means), players, players)
