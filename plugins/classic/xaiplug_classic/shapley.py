"""Shapley values by sampling orders (Castro, Gómez and Tejada, 2009)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query
from xaiplug_classic.coalitions import all_worths, shapley_of, uniform_per_group

_HELD = 2**27
"""Entries of coalitions held at once."""


class ShapleySampling(Explainer):
    """Shapley values of feature groups from random orders, with standard errors.

    φ_i = mean over orders of v(P_i ∪ {i}) - v(P_i), P_i the groups before i (Castro et al., 2009, Sec. 3).

    An order costs one forward per group: every prefix serves the group that ends it and the group that follows. Orders
    come in pairs, each with its reverse (antithetic), so that an additive and a pairwise game are exact with one pair.
    Where all 2^n coalitions cost no more than the orders, they are taken instead and φ is exact.

    The result is (B,G), in units of the score, and sums to v(N) - v(∅) in every draw. `extras["standard_error"]` (B,G)
    is that of the mean over pairs: 0 where exact, NaN with a single pair. `base_score` (B,) is v(∅).
    """

    reads_only = True
    needs = ("groups", "imputer")
    claims = ("completeness", "dummy", "implementation-invariance", "linearity", "unbiasedness")

    orders: Annotated[int, Ge(2)] = 200
    """Random orders, half of them the reverse of the other half; an odd number is rounded down."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        groups = game.groups
        shape = (len(query), groups.count)
        attribution, error = (query.inputs.new_full(shape, torch.nan) for _ in range(2))
        exact = [2 ** int(n) <= self.orders * max(1, int(n) - 1) + 2 for n in groups.counts]
        drawn = [b for b, small in enumerate(exact) if not small]
        for b, small in enumerate(exact):
            if small:
                players = int(groups.counts[b])
                attribution[b, :players] = shapley_of(all_worths(game, b, players))
                error[b, :players] = 0
        if drawn:
            rows = torch.tensor(drawn, device=query.inputs.device)
            attribution[rows], error[rows] = self._sampled(query, game, rows)
        full, empty = game.full(), game.empty()
        residual = full - empty - attribution.nansum(1)
        extras = {"standard_error": error}
        return Explanation(attribution, "group", base_score=empty, residual=residual, extras=extras)

    def _sampled(self, query: Query, game: MaskedGame, rows: Tensor) -> tuple[Tensor, Tensor]:
        """Means and standard errors (R,G) of some samples."""
        pairs, players = self.orders // 2, game.groups.players[rows]
        noise = uniform_per_group(query, pairs, game.groups.count)[rows]
        place = noise.masked_fill(~players[:, None], 2.0).argsort(2).argsort(2)  # (R,pairs,G): when a group comes
        block = max(1, _HELD // (2 * len(rows) * players.shape[1] ** 2))
        gains = torch.cat([_pair_gains(game, rows, part) for part in place.split(block, dim=1)], dim=1)
        spread = gains.std(1) / pairs**0.5 if pairs > 1 else torch.full_like(gains[:, 0], torch.nan)
        return gains.mean(1).masked_fill(~players, torch.nan), spread.masked_fill(~players, torch.nan)


def _pair_gains(game: MaskedGame, rows: Tensor, place: Tensor) -> Tensor:
    """Gain (R,pairs,G) of each group when it comes at its place (R,pairs,G), mean with the reverse order."""
    count = place.shape[2]
    lengths = torch.arange(count + 1, device=place.device)
    prefixes = place[:, :, None] < lengths[:, None]  # (R,pairs,G+1,G): what is there after so many have come
    suffixes = place[:, :, None] >= count - lengths[:, None]
    both = torch.stack([prefixes, suffixes])
    index = rows.view(1, -1, 1, 1).expand(both.shape[:4]).reshape(-1)
    values = game.evaluate(index, both.flatten(0, 3)).view(both.shape[:4])
    forward, backward = values.diff(dim=3)
    return (forward.gather(2, place) + backward.gather(2, count - 1 - place)) / 2
