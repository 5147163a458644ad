"""MoXI(-) (Sumiyasu, Kawamoto and Kera, 2024): the ablation that knows no interactions."""

from __future__ import annotations

from typing import Literal

import torch

from xaiplug import Explainer, Explanation, MaskedGame, Query


class MoXISingle(Explainer):
    """MoXI(-): feature groups ranked one by one, without interactions.

    Each group alone: inserted, φ⁰(a) = f({a}) - f(∅), eq. (5); deleted, φ(a) = [f(N) - f(N∖a)] / n, eq. (10).

    n + 2 forwards. The attribution (B,G) is φ itself, signed, in units of the target's scale; `order` (B,G) is by
    falling φ, equals in the order of their numbers.
    """

    reads_only = True
    needs = ("groups", "imputer")
    claims = ("dummy", "linearity", "symmetry")
    default_scale = "log_odds"

    mode: Literal["insertion", "deletion"] = "insertion"
    """What is measured: a group's gain over nothing, or the loss without it."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        players = game.groups.players
        alone = torch.eye(players.shape[1], dtype=torch.bool, device=players.device)
        full, empty = game.full(), game.empty()
        at, player = players.nonzero(as_tuple=True)
        keep = alone[player] if self.mode == "insertion" else players[at] & ~alone[player]
        single = full.new_full(players.shape, torch.nan)
        single[at, player] = game.evaluate(at, keep)
        counts = game.groups.counts[:, None]
        phi = single - empty[:, None] if self.mode == "insertion" else (full[:, None] - single) / counts
        ranked = phi.nan_to_num(nan=-torch.inf).argsort(dim=1, descending=True, stable=True)
        order = ranked.masked_fill(torch.arange(players.shape[1], device=players.device) >= counts, -1)
        explanation = Explanation(phi, "group", order=order, score=full, base_score=empty)
        return explanation.with_meta(game.meta())
