"""Conditional expectations of a score over rows, and the game that they make."""

from __future__ import annotations

from math import comb

import torch
from torch import Tensor

from xaiplug import Explanation, Query
from xaiplug.errors import ComponentError

LARGEST = 14
"""Features whose coalitions are still enumerated."""


def attributions(query: Query, explanation: Explanation, name: str) -> Tensor:
    """One value a feature (B,F) of rows.

    Raises:
        ComponentError: the inputs are no rows.
    """
    if query.inputs.ndim != 2:
        raise ComponentError(f"{name}: needs rows (B,F), got {tuple(query.inputs.shape)}")
    return explanation.on_inputs(tuple(query.inputs.shape[1:])).reshape(query.inputs.shape).to(query.inputs.dtype)


def draws(query: Query, count: int) -> Tensor:
    """`count` rows of the pool for every sample, (B,count,F), from the sample's own seed."""
    pool = query.require("pool").inputs
    chosen: Tensor = pool[query.randint(len(pool), count)]
    return chosen


def expectations(query: Query, keep: Tensor, drawn: Tensor) -> Tensor:
    """E[f | x_S] (B,M) for sets keep (B,M,F) or (M,F) bool: features outside S come from the draws (B,n,F).

    Features are taken to be independent, so that the conditional draw is the marginal one (XAI-BENCH with Σ = I). All
    sets see the same draws.
    """
    batch, count = drawn.shape[:2]
    sets = keep.expand(batch, *keep.shape[-2:])
    rows = torch.arange(batch, device=drawn.device).repeat_interleave(count)
    means = []
    for member in sets.unbind(1):
        mixed = torch.where(member[:, None], query.inputs[:, None], drawn)
        means.append(query.score(mixed.flatten(0, 1), rows).view(batch, count).mean(1))
    return torch.stack(means, 1)


def coalitions(players: int, name: str) -> Tensor:
    """All (2^F,F) bool; row r has feature i if bit i of r is set.

    Raises:
        ComponentError: too many features to enumerate.
    """
    if players > LARGEST:
        raise ComponentError(f"{name}: enumerates the sets of at most {LARGEST} features, got {players}")
    return (torch.arange(2**players)[:, None] >> torch.arange(players)) % 2 == 1


def shapley(game: Tensor) -> Tensor:
    """Shapley values (B,F) of games (B,2^F), values in the order of `coalitions`.

    >>> shapley(torch.tensor([[0.0, 0, 0, 1]]))
    tensor([[0.5000, 0.5000]])
    """
    players = game.shape[1].bit_length() - 1
    members = coalitions(players, "shapley").to(game.device)
    values = []
    for player in range(players):
        without = (~members[:, player]).nonzero().flatten()
        sizes = members[without].sum(1).tolist()
        weights = game.new_tensor([1 / (players * comb(players - 1, size)) for size in sizes])
        values.append((game[:, without + (1 << player)] - game[:, without]) @ weights)
    return torch.stack(values, 1)


def regressed(game: Tensor, ends: float = 1e6) -> Tensor:
    """Shapley values (B,F) of games (B,2^F) by weighted least squares, the empty and the full set weighted `ends`.

    KernelSHAP on all sets as XAI-BENCH's code does it; with finite `ends` it is Shapley's up to about 1 / `ends`.
    """
    players = game.shape[1].bit_length() - 1
    members = coalitions(players, "shapley")
    sizes = members.sum(1).tolist()
    inner = [ends if s in (0, players) else (players - 1) / (comb(players, s) * s * (players - s)) for s in sizes]
    design = torch.cat([members.double(), torch.ones(len(members), 1, dtype=torch.float64)], 1)
    root = torch.tensor(inner, dtype=torch.float64).sqrt()[:, None]
    found: Tensor = torch.linalg.lstsq(root * design, root * game.double().cpu().T, driver="gelsd").solution[:-1]
    return found.T.to(game)
