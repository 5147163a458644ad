"""ROAD, remove and debias (Rong et al., 2022)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Le, MinLen
from torch import Tensor

from xaiplug import Explanation, Imputer, MaskedGame, Metric, MetricResult, Query, Use, use
from xaiplug.errors import ShapeError
from xaiplug_faithfulness.units import By, Ties, descending, unit_values, units_of

_HELD = 2**26
"""Entries of coalitions held at once."""

Percent = Annotated[float, Gt(0), Le(100)]


class Road(Metric):
    """Accuracy or score as units are removed and imputed from their neighbours.

    The highest attribution is removed first (MoRF), or the lowest (LeRF). Units are ranked by their signed attribution,
    summed over channels. At level p, round(p G / 100) of G units are imputed; the value (B,) is the mean over the
    levels, `curve` (B,T) the score at each level and `steps` (T,) the share removed (with `features_per_step` the
    number, and NaN in the curve where a sample has no units left). Lower is better for MoRF, higher for LeRF. Noise is
    drawn from the sample's seed and the units removed, so that the result does not depend on the batch.

    A score of `accuracy` is 1 where the predicted class is the label (the explained class where no labels are given).
    """

    reads_only = True

    default_scale = "probability"

    order: Literal["morf", "lerf"] = "morf"
    """Which units go first: the most relevant, or the least."""
    levels: Annotated[tuple[Percent, ...], MinLen(1)] = tuple(float(p) for p in range(1, 100, 2))
    """Shares of the units that are removed, in percent."""
    features_per_step: Annotated[int, Ge(1)] | None = None
    """Removes k, 2k, ... units instead, as long as some are left; `levels` does not count then."""
    score: Literal["accuracy", "probability"] = "accuracy"
    """Whether the right class is still predicted, or the score of the explained class (its probability, unless another
    scale is asked for)."""
    imputer: Use[Imputer] = use("noisy-linear")
    """How units are removed."""
    by: By = "pixel"
    """What is removed at once: one pixel, a square patch, or a whole feature group."""
    patch: Annotated[int, Ge(1)] = 8
    """Side of a patch in pixels, for by="patch"."""
    ties: Ties = "stable"
    """Equal attributions: in raster order ("stable"), or shuffled by the sample's seed ("random")."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return tuple(dict.fromkeys((*(("groups",) if self.by == "group" else ()), *self.imputer.needs)))

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        curve, steps = self._curve(query, explanation)
        unit = "accuracy" if self.score == "accuracy" else query.target.scale
        better = "lower" if self.order == "morf" else "higher"
        return MetricResult(curve.nanmean(1), curve=curve, steps=steps, unit=unit, better=better)

    def _curve(self, query: Query, explanation: Explanation) -> tuple[Tensor, Tensor]:
        """Scores (B,T) at the levels, NaN where a sample has no units left, and the axis (T,)."""
        units = units_of(query, self.by, self.patch)
        values = unit_values(query, explanation, units)
        if self.order == "lerf":
            values = -values
        rank = descending(query, values, self.ties).argsort(1)
        knots, steps = self._knots(units.counts, values)
        game = MaskedGame(query.replace(groups=units), self.imputer)
        block = max(1, _HELD // max(1, knots.shape[1] * rank.shape[1]))
        parts = [self._scores(game, rank, knots, rows) for rows in torch.arange(len(rank)).split(block)]
        exists = (knots < units.counts[:, None]) | (self.features_per_step is None)
        return torch.cat(parts).masked_fill(~exists, torch.nan), steps

    def _knots(self, counts: Tensor, like: Tensor) -> tuple[Tensor, Tensor]:
        """Units removed (B,T) at each level, and the axis (T,) of the curve."""
        if self.features_per_step is None:
            steps = torch.tensor(self.levels, dtype=like.dtype, device=like.device) / 100
            return (steps * counts[:, None]).round().long(), steps
        k = self.features_per_step
        removed = torch.arange(k, max(int(counts.max()), k + 1), k, device=counts.device)
        return removed.expand(len(counts), -1), removed.to(like)

    def _scores(self, game: MaskedGame, rank: Tensor, knots: Tensor, rows: Tensor) -> Tensor:
        """(R,T) for samples rows (R,)."""
        at = rows.to(rank.device).repeat_interleave(knots.shape[1])
        logits = game.logits(at, rank[at] >= knots[rows.to(knots.device)].flatten()[:, None])
        query = game.query
        if self.score == "probability":
            return query.target.score(logits, at, query.model.output).view(len(rows), -1)
        return _right(logits, query.truth[at], query).to(query.inputs.dtype).view(len(rows), -1)


class RoadAopc(Road):
    """Area over the ROAD curve of the explained class's probability; higher is better.

    Over the MoRF curve: 1/(L+1) Σ_{k=1..L} (f(x⁰) - f(xᵏ)), f the score of the explained class.

    L levels and the term 0 of nothing removed, hence L + 1. At most L/(L+1); higher is better for MoRF, lower for LeRF.
    `curve` is f(xᵏ).

    >>> import xaiplug
    >>> net = torch.nn.Linear(4, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[0.4, 0.3, 0.2, 0.1]]))
    >>> metric = RoadAopc(levels=(25.0, 50.0, 75.0, 100.0), imputer="baseline")
    >>> xaiplug.score(net, torch.ones(1, 4), Explanation(net.weight.detach()), metric, baseline=torch.zeros(4)).values
    tensor([0.6000])
    """

    score: Literal["accuracy", "probability"] = "probability"
    """The score of the explained class (its probability, unless another scale is asked for), or whether the right class
    is predicted."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        curve, steps = self._curve(query, explanation)
        if self.score == "probability":
            start, unit = query.scores, query.target.scale
        else:
            start, unit = _right(query.logits, query.truth, query).to(curve), "accuracy"
        drop = (start[:, None] - curve).nansum(1) / ((~curve.isnan()).sum(1) + 1)
        better = "higher" if self.order == "morf" else "lower"
        return MetricResult(drop, curve=curve, steps=steps, unit=unit, better=better)


def _right(logits: Tensor, truth: Tensor, query: Query) -> Tensor:
    """Whether logits (R,K) predict the class `truth` (R,); of sigmoid heads, whether its own head says yes.

    Raises:
        ShapeError: labels that are no classes of the model.
    """
    single = logits.shape[1] == 1
    classes = 2 if single else logits.shape[1]
    if truth.ndim != 1 or truth.is_floating_point() or not bool(((truth >= 0) & (truth < classes)).all()):
        raise ShapeError(f"accuracy needs labels (B,) from 0 to {classes - 1}, got {tuple(truth.shape)} {truth.dtype}")
    if single:
        return (logits[:, 0] > (0 if query.model.output == "sigmoid" else 0.5)).long() == truth
    if query.model.output == "sigmoid":
        return logits.gather(1, truth[:, None]).squeeze(1) > 0
    return logits.argmax(1) == truth
