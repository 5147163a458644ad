"""The arithmetic of MoXI, tensors in and out.

Symbols: `n` players, `N` all of them, `A` or `S` those chosen so far, `b` a candidate, `f` the reward. Shapes: `B`
samples, `G` columns of players, `P` steps.
"""

from __future__ import annotations

import torch
from torch import Tensor


def first_best(values: Tensor, allowed: Tensor, *, largest: bool) -> Tensor:
    """Column of the best allowed value in each row, the lowest one among equals: (A,G), (A,G) bool -> (A,).

    `argmax` promises no first index among equals; this does, on every device. NaN is taken only where
    there is nothing else.

    >>> first_best(torch.tensor([[1.0, 3.0, 3.0]]), torch.tensor([[True, True, True]]), largest=True)
    tensor([1])
    >>> first_best(torch.tensor([[1.0, 3.0, 3.0]]), torch.tensor([[False, True, True]]), largest=False)
    tensor([1])
    """
    known = allowed & ~values.isnan()
    allowed = torch.where(known.any(1, keepdim=True), known, allowed)
    worst = -torch.inf if largest else torch.inf
    ranked = values.masked_fill(~known, worst)
    best = ranked.amax(1, keepdim=True) if largest else ranked.amin(1, keepdim=True)
    columns = torch.arange(values.shape[1], device=values.device).expand_as(values)
    return columns.masked_fill(~allowed | (ranked != best), values.shape[1]).amin(1)


def rank_weights(order: Tensor, counted: Tensor, players: Tensor, dtype: torch.dtype = torch.float32) -> Tensor:
    """The paper's heatmap (B,G): of m chosen groups the first gets 1, the next (m-1)/m, the last 1/m; the others 0.

    Args:
        order: (B,P) int64, groups in the order of choice, -1 = none.
        counted: (B,P) bool, the steps that belong to the map.
        players: (B,G) bool; other columns are NaN.

    >>> rank_weights(torch.tensor([[2, 0]]), torch.tensor([[True, True]]), torch.ones(1, 4, dtype=torch.bool))
    tensor([[0.5000, 0.0000, 1.0000, 0.0000]])
    """
    chosen = counted & (order >= 0)
    total = chosen.sum(1, keepdim=True)
    rank = chosen.cumsum(1) - 1
    weights = ((total - rank).to(dtype) / total.clamp(min=1)).masked_fill(~chosen, 0)
    spread = weights.new_zeros(players.shape).scatter_add_(1, order.clamp(min=0), weights)
    return spread.masked_fill(~players, torch.nan)


def prefixes(order: Tensor, groups: int) -> Tensor:
    """Members (B,P,G) bool of the first, the first two, ... groups of `order` (B,P); none where the order ended.

    >>> prefixes(torch.tensor([[1, 0, -1]]), 2).long().tolist()
    [[[0, 1], [1, 1], [0, 0]]]
    """
    here = torch.arange(groups, device=order.device) == order[:, :, None]
    return (here.cumsum(1) > 0) & (order >= 0)[:, :, None]


def insertion_terms(single: Tensor, empty: Tensor, before: Tensor, after: Tensor) -> tuple[Tensor, Tensor]:
    """Self-context Shapley value and interaction of the chosen b, eq. (5) to (7).

    φ⁰(b) = f({b}) - f(∅) and I⁰(S,b) = f(S∪b) - f(S) - f({b}) + f(∅), so φ⁰(b) + I⁰(S,b) = f(S∪b) - f(S).

    Args:
        single: f({b}). empty: f(∅). before: f(S). after: f(S∪b).
    """
    return single - empty, after - before - single + empty


def deletion_terms(
    single: Tensor, full: Tensor, before: Tensor, after: Tensor, players: Tensor, chosen: int
) -> tuple[Tensor, Tensor]:
    """Full-context deletion Shapley value and interaction of the chosen b, eq. (10) and (11), for any |A|.

    φ(b) = [f(N) - f(N∖b)] / n and I(A,b) = [f(N) - f(N∖A) - f(N∖b) + f(N∖(A∪b))] / (n-|A|). Then
    f(N) - f(N∖(A∪b)) = [f(N) - f(N∖A)] + n φ(b) - (n-|A|) I(A,b), which is what Algorithm 2 maximises. (The printed
    eq. (12) and (13) have another sign and weight: they contradict the printed definitions and Algorithm 2.)

    Args:
        single: f(N∖b). full: f(N). before: f(N∖A). after: f(N∖(A∪b)).
        players: n. chosen: |A|.
    """
    return (full - single) / players, (full - before - single + after) / (players - chosen)
