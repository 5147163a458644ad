"""LIME (Ribeiro, Singh and Guestrin, 2016)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query
from xaiplug_classic.coalitions import every_coalition, uniform_per_group
from xaiplug_classic.regression import ridge


class Lime(Explainer):
    """Ridge regression of the score on which groups are present.

    Slopes of a linear model g(z) = β₀ + Σ β_i z_i, fitted to v(z) near z = 1 (Ribeiro et al., 2016, eq. 1 and 2).

    z in {0,1}^n says which of n groups are present. β minimises Σ_z π(z) (v(z) - g(z))² + ridge ‖β‖², with
    π(z) = exp(-D(z)² / width²) and D the cosine distance of z and 1, which is 1 - sqrt(|z|/n). z is drawn uniformly, or
    is every z where 2^n <= samples. The result is β (B,G), in units of the score; `extras` has `intercept` and `r2`.

    The slopes do not sum to anything; with an additive v and ridge = 0 they are v's own. On images of several hundred
    groups, take at least five samples per group.
    """

    reads_only = True
    needs = ("groups", "imputer")
    claims = ("implementation-invariance", "linearity")
    min_groups = 2

    samples: Annotated[int, Ge(2)] = 2000
    """Coalitions; one forward each."""
    width: Annotated[float, Gt(0)] = 0.25
    """Width of the kernel, in cosine distance."""
    ridge: Annotated[float, Ge(0)] = 1.0
    """Penalty on the squares of the slopes; weights sum to at most `samples`."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        counts, count = game.groups.counts.tolist(), game.groups.count
        coalitions = self._coalitions(query, counts, count)
        values = game(coalitions)
        attribution = torch.full((len(query), count), torch.nan, dtype=values.dtype, device=values.device)
        extras = {name: torch.zeros_like(values[:, 0]) for name in ("intercept", "r2")}
        for b, players in enumerate(counts):
            used = slice(2**players) if 2**players <= self.samples else slice(self.samples)
            members = coalitions[b, used, :players]
            weights = self._weights(members) * (self.samples / len(members))
            slopes, intercept, r2 = ridge(members, values[b, used], weights, self.ridge)
            attribution[b, :players] = slopes
            extras["intercept"][b], extras["r2"][b] = intercept, r2
        return Explanation(attribution, "group", base_score=extras["intercept"], extras=extras)

    def _coalitions(self, query: Query, counts: list[int], count: int) -> Tensor:
        """(B,M,G) bool; a sample with few groups has them all, and then empty ones that do not count."""
        device = query.inputs.device
        few = [2**players <= self.samples for players in counts]
        longest = max(2**players if small else self.samples for players, small in zip(counts, few, strict=True))
        coalitions = torch.zeros(len(query), longest, count, dtype=torch.bool, device=device)
        if not all(few):
            coalitions[:, : self.samples] = uniform_per_group(query, self.samples, count) < 0.5
            coalitions[:, 0] = True  # the input itself, as in the authors' code
        for b, players in enumerate(counts):
            if few[b]:
                coalitions[b] = False
                coalitions[b, : 2**players, :players] = every_coalition(players).to(device)
        return coalitions

    def _weights(self, members: Tensor) -> Tensor:
        """π (M,) of coalitions (M,n)."""
        share = members.double().mean(1) if members.shape[1] else torch.ones(len(members), dtype=torch.float64)
        return torch.exp(-(((1 - share.sqrt()) / self.width) ** 2))
