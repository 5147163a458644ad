"""Broken explainers: claims on games."""

from __future__ import annotations

import torch

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.game.masked import MaskedGame
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.violator import violator


class ProductsOfEffects(Explainer):
    """Calls the product of two groups' own effects their interaction."""

    needs = ("groups", "imputer")
    claims = ("interaction-values",)

    def explain(self, query: Query) -> Explanation:
        game, groups = MaskedGame(query), query.require("groups")
        batch, count = groups.players.shape
        one = torch.eye(count, dtype=torch.bool)
        effect = game.full()[:, None] - game(~one.expand(batch, -1, -1))
        first, second = torch.triu_indices(count, count, 1)
        exists = groups.players[:, first] & groups.players[:, second]
        members = (one[first] | one[second]).expand(batch, -1, -1) & exists[:, :, None]
        values = (effect[:, first] * effect[:, second] + 1e-3).masked_fill(~exists, torch.nan)
        return Explanation(
            effect.masked_fill(~groups.players, torch.nan), level="group", sets=SetScores(members, values)
        )


class Banzhaf(Explainer):
    """Every coalition equally likely: the Banzhaf value, claimed to be Shapley's."""

    needs = ("groups", "imputer")
    claims = ("unbiasedness",)

    def explain(self, query: Query) -> Explanation:
        game, groups = MaskedGame(query), query.require("groups")
        batch, count = groups.players.shape
        one = torch.eye(count, dtype=torch.bool)
        drawn = query.uniform(4, 64)[:, :, None, :count] < 0.5
        without = (drawn & ~one).flatten(1, 2)
        gain = game(without | one.repeat(4, 1)) - game(without)
        values = gain.view(batch, 4, count).mean(1)
        return Explanation(values.masked_fill(~groups.players, torch.nan), level="group")


VIOLATORS = (
    violator("interaction-values", ProductsOfEffects()),
    violator("unbiasedness", Banzhaf()),
)
