"""Archipelago (Tsang, Rambhatla and Liu, 2020)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query, SetScores

_HELD = 2**26
"""Entries of coalitions held at once."""


class Archipelago(Explainer):
    """Islands of groups that interact, each with what it alone brings.

    ArchDetect: the strength of a pair is ½ (δ_∅² + δ_N²), where δ_T = (v(T+ij) - v(T+i) - v(T+j) + v(T)) / (ℓ_i ℓ_j)
    is taken with all other groups absent (δ_∅) and all others present (δ_N) (Tsang et al., 2020, eq. 5 and 6). The
    `pairs` strongest are joined where they overlap. ArchAttribute: φ(I) = v(I) - v(∅) (eq. 7).

    The result (B,G) gives every group the φ of its island, in units of the score; a group alone is an island. `sets`
    has the islands of several groups, strongest pair first. `extras["pair_strength"]` is (B,G,G). `base_score` (B,) is
    v(∅). n groups cost n(n-1) + 2n + 2 forwards; differences below `tolerance` of the scores are zero.
    """

    reads_only = True
    claims = ("dummy", "implementation-invariance", "interaction-values")
    min_groups = 2

    pairs: Annotated[int, Ge(1)] = 5
    """Pairs that make islands."""
    lengths: Literal["unit", "distance"] = "unit"
    """ℓ: 1, as a group is there or not (the authors on images); or ‖x_i - x'_i‖, for features that are numbers."""
    paint: Literal["all", "positive-islands"] = "all"
    """all islands; or those of several groups with φ > 0 alone (the authors' pictures)."""
    tolerance: Annotated[float, Ge(0)] = 1e-5
    """A second difference below this share of its largest score is rounding."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return ("groups", "imputer", "baseline") if self.lengths == "distance" else ("groups", "imputer")

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        counts, groups = game.groups.counts.tolist(), game.groups.count
        empty = game.empty()
        strength = query.inputs.new_full((len(query), groups, groups), torch.nan)
        for b, count in enumerate(counts):
            strength[b, :count, :count] = self._detected(query, game, b, count)
        islands = [_islands(strength[b, :count, :count], self.pairs) for b, count in enumerate(counts)]
        slots = max(map(len, islands))
        members = torch.zeros(len(query), slots, groups, dtype=torch.bool, device=query.inputs.device)
        for b, found in enumerate(islands):
            for s, island in enumerate(found):
                members[b, s, island] = True
        single = torch.eye(groups, dtype=torch.bool, device=members.device).expand(len(query), -1, -1)
        worth = game(torch.cat([single, members], dim=1)) - empty[:, None]
        alone, together = worth.split([groups, slots], dim=1)
        together = together.masked_fill(~members.any(2), torch.nan)
        attribution = self._painted(alone, together, members).masked_fill(~game.groups.players, torch.nan)
        sets = SetScores(members, together, "coalition_value")
        return Explanation(attribution, "group", sets=sets, base_score=empty, extras={"pair_strength": strength})

    def _detected(self, query: Query, game: MaskedGame, row: int, count: int) -> Tensor:
        """Strength (n,n) of every pair of groups of one sample, symmetric, 0 on the diagonal."""
        first, second = torch.triu_indices(count, count, 1, device=query.inputs.device)
        lengths = self._lengths(query, row)[:count]
        delta = torch.stack([self._differences(game, row, count, first, second, inside) for inside in (False, True)])
        scaled = delta / (lengths[first] * lengths[second])
        scaled = torch.where(delta == 0, torch.zeros_like(scaled), scaled)
        strength = scaled.new_zeros(count, count)
        strength[first, second] = scaled.square().mean(0)
        return strength + strength.T

    def _differences(
        self, game: MaskedGame, row: int, count: int, first: Tensor, second: Tensor, inside: bool
    ) -> Tensor:
        """Second differences (P,) of pairs, all other groups present (`inside`) or absent; rounding is set to 0."""
        groups, device = game.groups.count, first.device

        def worth(*players: Tensor) -> Tensor:
            found = []
            for part in torch.arange(len(players[0]), device=device).split(max(1, _HELD // groups)):
                keep = torch.zeros(len(part), groups, dtype=torch.bool, device=device)
                for player in players:
                    keep.scatter_(1, player[part, None], True)
                found.append(game.evaluate(torch.full((len(part),), row, device=device), keep ^ inside))
            return torch.cat(found) if found else game.query.inputs.new_zeros(0)

        every = torch.arange(count, device=device)
        nobody = game.evaluate(
            torch.tensor([row], device=device), torch.full((1, groups), inside, dtype=torch.bool, device=device)
        )
        alone, pairs = worth(every), worth(first, second)
        terms = torch.stack([pairs, -alone[first], -alone[second], nobody.expand_as(pairs)])
        delta = terms.sum(0)
        return torch.where(delta.abs() <= self.tolerance * terms.abs().amax(0), torch.zeros_like(delta), delta)

    def _lengths(self, query: Query, row: int) -> Tensor:
        groups = query.require("groups")
        if self.lengths == "unit":
            return query.inputs.new_ones(groups.count)
        way = query.inputs[row] - query.require("baseline")[:, row].mean(0)
        lengths: Tensor = groups[row : row + 1].sum(way[None].square())[0].sqrt()
        return lengths

    def _painted(self, alone: Tensor, together: Tensor, members: Tensor) -> Tensor:
        shown = members & (together > 0)[..., None] if self.paint == "positive-islands" else members
        island = (shown * together.nan_to_num()[..., None]).sum(1)
        rest = torch.zeros_like(alone) if self.paint == "positive-islands" else alone
        return torch.where(shown.any(1), island, rest)


def _islands(strength: Tensor, pairs: int) -> list[list[int]]:
    """The strongest pairs, joined where they overlap; strongest first.

    >>> _islands(torch.tensor([[0.0, 3, 0, 0], [3, 0, 1, 0], [0, 1, 0, 0], [0, 0, 0, 0]]), 2)
    [[0, 1, 2]]
    """
    count = len(strength)
    first, second = torch.triu_indices(count, count, 1, device=strength.device)
    values = strength[first, second]
    order = values.argsort(descending=True, stable=True)[:pairs]
    islands: list[set[int]] = []
    for pair in order[values[order] > 0].tolist():
        joined = {int(first[pair]), int(second[pair])}
        touched = [island for island in islands if island & joined]
        place = islands.index(touched[0]) if touched else len(islands)
        for island in touched:
            joined |= island
            islands.remove(island)
        islands.insert(place, joined)
    return [sorted(island) for island in islands]
