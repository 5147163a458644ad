"""Shapley interaction indices of pairs (Grabisch and Roubens, 1999)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query, SetScores
from xaiplug_classic.coalitions import all_worths, interactions_of, shapley_of, uniform_per_group


class ShapleyInteractions(Explainer):
    """Shapley interaction indices of all pairs of feature groups, with the Shapley values.

    I_ij = Σ over S without i and j of |S|! (n - |S| - 2)! / (n - 1)! Δ_ij(S), where Δ_ij(S) = v(S+ij) - v(S+i) - v(S+j)
    + v(S) (Grabisch & Roubens, 1999, Def. 3; the index that MoXI's eq. 2 starts from).

    Two neighbours i, j of a random order have such an S before them as the sum weighs it. A round is the n/2 paths that
    visit every pair once as neighbours (Walecki), with the groups put on them at random: one Δ for each pair, without
    bias, and gains for φ on the way. It costs about n² forwards. Where all 2^n coalitions cost no more than the rounds,
    they are taken instead and both are exact; a pairwise game is exact in any case.

    The result (B,G) is φ, in units of the score; it sums to v(N) - v(∅) in every draw. `sets` has all n(n-1)/2 pairs,
    those with the largest |I| first. `extras["standard_error"]` (B,S) is that of I over rounds: 0 where exact, NaN with
    one round. `base_score` (B,) is v(∅).
    """

    reads_only = True
    needs = ("groups", "imputer")
    claims = ("completeness", "dummy", "implementation-invariance", "interaction-values", "linearity", "unbiasedness")
    min_groups = 2

    rounds: Annotated[int, Ge(1)] = 4
    """Values of Δ for each pair."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        groups, counts = game.groups.count, game.groups.counts.tolist()
        noise = uniform_per_group(query, self.rounds, groups + 1)  # first what fills up an odd number of groups
        found = [self._one(game, b, count, noise[b, :, : count + 1]) for b, count in enumerate(counts)]
        slots = max(len(values) for _, values, _ in found)
        attribution = query.inputs.new_full((len(query), groups), torch.nan)
        values, errors = (query.inputs.new_full((len(query), slots), torch.nan) for _ in range(2))
        members = torch.zeros(len(query), slots, groups, dtype=torch.bool, device=query.inputs.device)
        for b, (phi, interactions, error) in enumerate(found):
            order = interactions.abs().argsort(descending=True, stable=True)
            pairs = torch.triu_indices(counts[b], counts[b], 1, device=order.device)[:, order]
            attribution[b, : counts[b]] = phi
            values[b, : len(order)], errors[b, : len(order)] = interactions[order], error[order]
            members[b, torch.arange(len(order), device=order.device), pairs] = True
        full, empty = game.full(), game.empty()
        return Explanation(
            attribution,
            "group",
            sets=SetScores(members, values),
            base_score=empty,
            residual=full - empty - attribution.nansum(1),
            extras={"standard_error": errors},
        )

    def _one(self, game: MaskedGame, row: int, count: int, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """φ (n,), I (P,) of the pairs i < j, and its standard error, of one sample."""
        if 2**count <= self.rounds * count**2:
            worths = all_worths(game, row, count)
            exact = interactions_of(worths)
            return shapley_of(worths), exact, torch.zeros_like(exact)
        drawn = [_round(game, row, one) for one in noise]
        phi, interactions = (torch.stack(parts) for parts in zip(*drawn, strict=True))
        error = (
            interactions.std(0) / self.rounds**0.5 if self.rounds > 1 else torch.full_like(interactions[0], torch.nan)
        )
        return phi.mean(0), interactions.mean(0), error


def _round(game: MaskedGame, row: int, noise: Tensor) -> tuple[Tensor, Tensor]:
    """φ (n,) and one Δ (P,) for each pair, from a random order (n+1,) of the groups, the filling one first."""
    count = len(noise) - 1
    labels = (noise if count % 2 else noise[1:]).argsort()
    if count % 2:
        labels = labels - 1
    paths = labels[covering_paths(len(labels)).to(labels.device)]
    orders = paths[paths >= 0].view(len(paths), count)
    place = orders.argsort(1)
    lengths = torch.arange(count + 1, device=place.device)[:, None]
    prefixes = place[:, None] < lengths
    second = (place[:, None] < lengths[:-2]) | (place[:, None] == lengths[:-2] + 1)
    keep = torch.nn.functional.pad(torch.cat([prefixes, second], 1), (0, game.groups.count - count))
    worths = game.evaluate(torch.full((keep.shape[0] * keep.shape[1],), row), keep.flatten(0, 1)).view(keep.shape[:2])
    chain, skipped = worths.split([count + 1, count - 1], dim=1)
    phi = chain.diff(dim=1).gather(1, place).mean(0)
    delta = chain[:, 2:] - chain[:, 1:-1] - skipped + chain[:, :-2]
    neighbours = (paths[:, :-1] >= 0) & (paths[:, 1:] >= 0)
    one, two = paths[:, :-1][neighbours], paths[:, 1:][neighbours]
    at = place.new_tensor(range(len(paths)))[:, None].expand_as(neighbours)[neighbours]
    table = delta.new_zeros(count, count)
    table[torch.minimum(one, two), torch.maximum(one, two)] = delta[at, place[at, one]]
    first, other = torch.triu_indices(count, count, 1, device=table.device)
    return phi, table[first, other]


def covering_paths(count: int) -> Tensor:
    """n/2 orders (n/2,n) of an even number of players in which every two are neighbours exactly once (Walecki).

    >>> covering_paths(4)
    tensor([[0, 1, 3, 2],
            [1, 2, 0, 3]])
    """
    steps = torch.arange(count)
    zigzag = torch.where(steps % 2 == 1, (steps + 1) // 2, -(steps // 2))
    return (zigzag + torch.arange(count // 2)[:, None]) % count
