"""Small explainers that keep the contract: what the violators are broken versions of, and what to read first."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.game.masked import MaskedGame
from xaiplug.grad.paths import path_gradients
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query


class Gradient(Explainer):
    """Gradient of the target score."""

    claims: ClassVar[Collection[str]] = ("dummy", "implementation-invariance", "linearity", "symmetry")

    def explain(self, query: Query) -> Tensor | Explanation:
        return query.gradient(query.inputs)


class Path(Explainer):
    """Gradients along the straight line from each baseline, by the midpoint rule (integrated gradients)."""

    needs = ("baseline",)
    claims = ("completeness", "dummy", "sensitivity", "implementation-invariance", "linearity", "symmetry")

    steps: Annotated[int, Ge(1)] = 16
    """Points on the line."""

    def explain(self, query: Query) -> Explanation:
        at = (torch.arange(self.steps, dtype=query.inputs.dtype) + 0.5) / self.steps
        baselines: Tensor = query.require("baseline")
        total = torch.zeros_like(query.inputs)
        for baseline in baselines:
            away = query.inputs - baseline
            points = torch.stack([baseline + share * away for share in at])
            total = total + path_gradients(query, points).mean(0) * away
        values = total / len(baselines)
        base = torch.stack([query.score(baseline) for baseline in baselines]).mean(0)
        residual = query.scores - base - values.flatten(1).sum(1)
        return Explanation(values, score=query.scores, base_score=base, residual=residual)


class Noisy(Explainer):
    """Mean gradient at noisy copies, each sample's noise from its own seed."""

    samples: Annotated[int, Ge(1)] = 3
    """Noisy copies per sample."""

    def explain(self, query: Query) -> Tensor:
        noise = 0.1 * query.normal(self.samples, *query.inputs.shape[1:]).transpose(0, 1)
        return path_gradients(query, query.inputs + noise).mean(0)


class Grouped(Explainer):
    """Sum of gradient times input over each group."""

    needs = ("groups",)

    def explain(self, query: Query) -> Tensor | Explanation:
        groups = query.require("groups")
        return Explanation(groups.sum(query.gradient(query.inputs) * query.inputs), level="group")


class Permutations(Explainer):
    """Shapley values of the feature groups from random orders."""

    needs = ("groups", "imputer")
    claims = ("completeness", "dummy", "unbiasedness")

    orders: Annotated[int, Ge(1)] = 2
    """Orders per sample."""

    def explain(self, query: Query) -> Explanation:
        game, groups = MaskedGame(query), query.require("groups")
        players: Tensor = groups.players
        empty = game.empty()
        total = torch.zeros(players.shape, dtype=query.inputs.dtype)
        for _ in range(self.orders):
            order = torch.stack([_padded(query, row, groups.count) for row in range(len(query))])
            keep, before = torch.zeros_like(players), empty
            for step in range(groups.count):
                chosen = order[:, step : step + 1]
                keep = keep.scatter(1, chosen, True)
                now = game(keep[:, None]).squeeze(1)
                total.scatter_add_(1, chosen, (now - before)[:, None])
                before = now
        values = (total / self.orders).masked_fill(~players, torch.nan)
        return Explanation(values, level="group", score=game.full(), base_score=empty)


def _padded(query: Query, row: int, width: int) -> Tensor:
    """An order of the sample's own groups, drawn alike whatever the batch's widest sample; the rest follow."""
    assert query.groups is not None
    count = int(query.groups.counts[row])
    drawn = torch.randperm(count, generator=query._generator(row))
    return torch.cat([drawn, torch.arange(count, width)])


class Pairs(Explainer):
    """Interaction of every two groups, everything else absent: v(ij) - v(i) - v(j) + v(0)."""

    needs = ("groups", "imputer")
    claims = ("interaction-values",)
    min_groups = 2

    def explain(self, query: Query) -> Explanation:
        game, groups = MaskedGame(query), query.require("groups")
        batch, count = groups.players.shape
        one = torch.eye(count, dtype=torch.bool)
        first, second = torch.triu_indices(count, count, 1)
        pairs = one[first] | one[second]
        empty, alone = game.empty()[:, None], game(one.expand(batch, -1, -1))
        values = game(pairs.expand(batch, -1, -1)) - alone[:, first] - alone[:, second] + empty
        exists = (groups.players[:, first] & groups.players[:, second])[:, :, None]
        members = pairs.expand(batch, -1, -1) & exists
        sets = SetScores(members, values.masked_fill(~exists.squeeze(2), torch.nan))
        return Explanation((alone - empty).masked_fill(~groups.players, torch.nan), level="group", sets=sets)


GOOD = (Gradient(), Path(), Noisy(), Grouped(), Permutations(), Pairs())
