"""Insertion and deletion (Petsiuk, Das and Saenko, 2018)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explanation, MaskedGame, Metric, MetricResult, Query
from xaiplug_faithfulness.units import By, Ties, descending, unit_values, units_of

_HELD = 2**26
"""Entries of coalitions held at once."""


class Curve(Metric):
    """The score of the target while units come in or go, the highest attribution first.

    Units are ranked by their signed attribution, summed over channels; a unit of several positions has their mean.
    A curve has knots k_j = round(j G / steps) units, j = 0..steps, or every unit where there are fewer; x = k_j / G is
    the share of the units that came or went. The value (B,) is the area by the trapezoid rule, in units of the scale;
    `curve` (B,T) is the score against `steps` (T,) from 0 to 1. Features in no group always stay.

    With an additive score v, v(∅) = 0 and v(N) = 1, the insertion and the deletion of one order sum to 1.
    """

    default_scale = "probability"
    inserts: ClassVar[bool]

    by: By = "pixel"
    """What comes or goes at once: one pixel (or token, or column), a square patch, or a whole feature group."""
    patch: Annotated[int, Ge(1)] = 8
    """Side of a patch in pixels, for by="patch"."""
    steps: Annotated[int, Ge(1)] | None = 50
    """Points on the curve after the first; None = one per unit."""
    ties: Ties = "stable"
    """Equal attributions: in raster order ("stable"), or shuffled by the sample's seed ("random")."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return ("groups", "imputer") if self.by == "group" else ("imputer",)

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        units = units_of(query, self.by, self.patch)
        values = unit_values(query, explanation, units)
        rank = descending(query, values, self.ties).argsort(1)
        knots = [self._knots(int(count)) for count in units.counts]
        scores = _scores(MaskedGame(query.replace(groups=units)), rank, knots, self.inserts)
        shares = [knot.to(score) / max(1, int(knot[-1])) for knot, score in zip(knots, scores, strict=True)]
        area = torch.stack([_area(score, share) for score, share in zip(scores, shares, strict=True)])
        steps = torch.linspace(0, 1, max(map(len, knots)), dtype=area.dtype, device=area.device)
        curve = torch.stack([_at(steps, share, score) for score, share in zip(scores, shares, strict=True)])
        better = "higher" if self.inserts else "lower"
        return MetricResult(area, curve=curve, steps=steps, unit=query.target.scale, better=better)

    def _knots(self, count: int) -> Tensor:
        """Numbers of units, from 0 to `count`, strictly rising."""
        pieces = count if self.steps is None else min(self.steps, count)
        return (torch.arange(pieces + 1) * count / max(1, pieces)).round().long()


class Insertion(Curve):
    """Area under the score as units are put into the imputed input, the highest attribution first; higher is better.

    >>> import xaiplug
    >>> net = torch.nn.Linear(4, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[0.4, 0.3, 0.2, 0.1]]))
    >>> x = torch.ones(1, 4)
    >>> ex = Explanation(net.weight.detach(), "input")
    >>> xaiplug.score(net, x, ex, Insertion(), baseline=torch.zeros(4)).values
    tensor([0.6250])
    """

    inserts = True


class Deletion(Curve):
    """Area under the score as units are removed from the input, the highest attribution first; lower is better."""

    inserts = False


def _scores(game: MaskedGame, rank: Tensor, knots: list[Tensor], inserts: bool) -> list[Tensor]:
    """For each sample the scores at its knots; samples in blocks, so that the coalitions fit in memory."""
    block = max(1, _HELD // max(1, max(map(len, knots)) * rank.shape[1]))
    scores: list[Tensor] = []
    for first in range(0, len(rank), block):
        part = list(range(first, min(first + block, len(rank))))
        lengths = [len(knots[row]) for row in part]
        rows = torch.tensor(part, device=rank.device).repeat_interleave(torch.tensor(lengths, device=rank.device))
        first_units = rank[rows] < torch.cat([knots[row] for row in part]).to(rank.device)[:, None]
        scores.extend(game.evaluate(rows, first_units if inserts else ~first_units).split(lengths))
    return scores


def _area(score: Tensor, share: Tensor) -> Tensor:
    """By the trapezoid rule; the score itself where there is nothing to insert or remove."""
    return torch.trapezoid(score, share) if len(score) > 1 else score[0]


def _at(steps: Tensor, share: Tensor, score: Tensor) -> Tensor:
    """The curve at `steps`, straight between its knots."""
    if len(score) == 1:
        return score.expand(len(steps))
    right = torch.searchsorted(share, steps).clamp(1, len(share) - 1)
    weight = (steps - share[right - 1]) / (share[right] - share[right - 1])
    return torch.lerp(score[right - 1], score[right], weight)
