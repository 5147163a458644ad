"""KernelSHAP (Lundberg and Lee, 2017)."""

from __future__ import annotations

import warnings
from math import comb
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query
from xaiplug_classic.coalitions import every_coalition, of_size, padded, uniform_per_group
from xaiplug_classic.regression import constrained


class KernelShap(Explainer):
    """Shapley values of feature groups by weighted least squares.

    Of the game v (Lundberg and Lee, 2017, Theorem 2): φ minimises Σ_S π(S) (v(S) - v(∅) - Σ_{i in S} φ_i)² subject to
    Σ_i φ_i = v(N) - v(∅), with the Shapley kernel π(S) = (n-1) / (C(n,|S|) |S| (n-|S|)) of n groups. The result is
    (B,G), in units of the score; it sums to v(N) - v(∅) exactly. `base_score` (B,) is v(∅).

    All 2^n - 2 coalitions are taken where they fit in `samples`, and φ is exact. Otherwise sizes are taken whole from
    the outside in (|S| = 1 and n-1, then 2 and n-2, ...) as long as their share of the samples holds them; the rest is
    drawn from π in pairs of a coalition and its complement. Drawn values are consistent, and their bias is of the order
    of 1/samples (Covert and Lee, 2021).
    """

    reads_only = True
    needs = ("groups", "imputer")
    claims = ("completeness", "implementation-invariance", "linearity", "unbiasedness")

    samples: Annotated[int, Ge(2)] = 2000
    """Coalitions besides the empty and the full one; one forward each."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        groups, device = game.groups, query.inputs.device
        count, halves = groups.count, self.samples // 2
        drawn = any(_everything(int(n)) > self.samples for n in groups.counts)
        size = query.uniform(halves) if drawn else None
        noise = uniform_per_group(query, halves, count) if drawn else None
        plans = [
            self._plan(int(n), None if size is None else size[b], None if noise is None else noise[b, :, : int(n)])
            for b, n in enumerate(groups.counts)
        ]
        lengths = [len(weights) for _, weights in plans]
        rows = torch.arange(len(query), device=device).repeat_interleave(torch.tensor(lengths, device=device))
        keep = torch.cat([padded(coalitions, count) for coalitions, _ in plans]).to(device)
        ends = torch.stack([torch.zeros_like(groups.players), groups.players], dim=1)
        empty, full = game(ends).unbind(1)
        values = game.evaluate(rows, keep).split(lengths)
        attribution = torch.full((len(query), count), torch.nan, dtype=query.inputs.dtype, device=device)
        for b, ((coalitions, weights), value) in enumerate(zip(plans, values, strict=True)):
            phi = constrained(coalitions.to(device), value - empty[b], full[b] - empty[b], weights.to(device))
            attribution[b, : len(phi)] = phi
        residual = full - empty - attribution.nansum(1)
        return Explanation(attribution, "group", base_score=empty, residual=residual)

    def _plan(self, players: int, size: Tensor | None, noise: Tensor | None) -> tuple[Tensor, Tensor]:
        """Coalitions (M,n) bool and their weights (M,), for n players and this sample's draws."""
        if players < 2:
            return torch.zeros(0, players, dtype=torch.bool), torch.zeros(0)
        kernel = torch.tensor([1 / (s * (players - s)) for s in range(1, players)], dtype=torch.float64)
        if _everything(players) <= self.samples:
            coalitions = every_coalition(players)[1:-1]
            sizes = coalitions.sum(1)
            return coalitions, (kernel / _counts(players))[sizes - 1]
        if self.samples < 2 * players:
            warnings.warn(
                f"kernel-shap: {self.samples} samples say little about {players} groups; take 2 per group or more",
                stacklevel=2,
            )
        assert size is not None
        assert noise is not None
        return self._drawn(players, kernel, size.double().cpu(), noise.cpu())

    def _drawn(self, players: int, kernel: Tensor, size: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        outer, left = 0, self.samples
        whole: list[Tensor] = []
        weights: list[Tensor] = []
        while 2 * (outer + 1) < players:
            inner = kernel[outer : players - 1 - outer]
            each = comb(players, outer + 1)
            if 2 * each > left * float(2 * inner[0] / inner.sum()):
                break
            smaller = of_size(players, outer + 1)
            whole += [smaller, ~smaller]
            weights.append(torch.full((2 * each,), float(inner[0]) / each, dtype=torch.float64))
            outer, left = outer + 1, left - 2 * each
        inner = kernel[outer : players - 1 - outer]
        pairs = max(1, left // 2)
        chosen = torch.searchsorted(inner.cumsum(0) / inner.sum(), size[:pairs]).clamp(max=len(inner) - 1) + outer + 1
        drawn = noise[:pairs].argsort(1).argsort(1) < chosen[:, None]
        weights.append(torch.full((2 * pairs,), float(inner.sum()) / (2 * pairs), dtype=torch.float64))
        return torch.cat([*whole, drawn, ~drawn]), torch.cat(weights)


def _everything(players: int) -> int:
    return 2**players - 2


def _counts(players: int) -> Tensor:
    return torch.tensor([comb(players, s) for s in range(1, players)], dtype=torch.float64)
