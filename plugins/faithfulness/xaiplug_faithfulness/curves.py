"""Insertion and deletion (Petsiuk, Das and Saenko, 2018)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor

from xaiplug import Explanation, MaskedGame, Metric, MetricResult, Query
from xaiplug.errors import ComponentError
from xaiplug_faithfulness.units import By, Ties, descending, unit_values, units_of

_HELD = 2**26
"""Entries of coalitions held at once."""


class Curve(Metric):
    """The score of the target while units come in or go, the highest attribution first.

    Units are ranked by their signed attribution, summed over channels; a unit of several positions has their mean.
    A curve has knots k_j = round(j G / steps) units, j = 0..steps, or every unit where there are fewer; x = k_j / G is
    the share of the units that came or went. The value (B,) is the area by the trapezoid rule, in units of the scale;
    `curve` (B,T) is the score against `steps` (T,) from 0 to 1. Features in no group always stay. With `at` the value
    is the curve at one share, and that alone is computed.

    With an additive score v, v(∅) = 0 and v(N) = 1, the insertion and the deletion of one order sum to 1.

    An explanation that was found on this very walk, and kept what it saw (MoXI), is not walked again: its curve costs
    no forward.

    Raises:
        ComponentError: value="correct" for a model with one output, which predicts no class.
    """

    reads_only = True

    default_scale = "probability"
    inserts: ClassVar[bool]

    value: Literal["score", "correct"] = "score"
    """The score of the explained class (its probability, unless another scale is asked for), or 1 where that class is
    the one predicted and 0 elsewhere: the mean over samples is then an accuracy."""
    at: Annotated[float, Ge(0), Le(1)] | None = None
    """A share of the units, round(at G) of them: the value is the curve there; None = the area."""
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
        scores = self.scores(query, explanation)
        better: Literal["higher", "lower"] = "higher" if self.inserts else "lower"
        unit = "accuracy" if self.value == "correct" else query.target.scale
        if self.at is not None:
            return MetricResult(torch.cat(scores), unit=unit, better=better)
        knots = [self._knots(int(count)) for count in units_of(query, self.by, self.patch).counts]
        shares = [knot.to(score) / max(1, int(knot[-1])) for knot, score in zip(knots, scores, strict=True)]
        area = torch.stack([_area(score, share) for score, share in zip(scores, shares, strict=True)])
        steps = torch.linspace(0, 1, max(map(len, knots)), dtype=area.dtype, device=area.device)
        curve = torch.stack([_at(steps, share, score) for score, share in zip(scores, shares, strict=True)])
        return MetricResult(area, curve=curve, steps=steps, unit=unit, better=better)

    def scores(self, query: Query, explanation: Explanation) -> list[Tensor]:
        """For each sample what is plotted, at its knots."""
        if self.value == "correct" and query.logits.shape[1] == 1 and query.model.output == "softmax":
            raise ComponentError(f"model '{query.model.name}' has one output and predicts no class")
        units = units_of(query, self.by, self.patch)
        order = descending(query, unit_values(query, explanation, units), self.ties)
        knots = [self._knots(int(count)) for count in units.counts]
        game = MaskedGame(query.replace(groups=units))
        seen = seen_before(game, explanation, order, self.inserts, self.value)
        self._see_ends(game, knots, seen)
        return self._scores(game, order.argsort(1), knots, seen)

    def _knots(self, count: int) -> Tensor:
        """Numbers of units, strictly rising from 0 to `count`; or the one that is asked for."""
        if self.at is not None:
            return torch.tensor([round(self.at * count)])
        pieces = count if self.steps is None else min(self.steps, count)
        return (torch.arange(pieces + 1) * count / max(1, pieces)).round().long()

    def _see_ends(self, game: MaskedGame, knots: list[Tensor], seen: Tensor) -> None:
        """Put v(∅) and v(N) into `seen` where they are knots: questions of their own, that another curve asks too."""
        counts, players = game.groups.counts, game.groups.players
        for whole in (False, True):
            places = counts if whole == self.inserts else torch.zeros_like(counts)
            wanted = torch.tensor(
                [bool((knot == place).any()) for knot, place in zip(knots, places.tolist(), strict=True)]
            )
            rows = (wanted.to(seen.device) & seen[torch.arange(len(seen)), places].isnan()).nonzero().flatten()
            if len(rows):
                keep = players[rows] if whole else torch.zeros_like(players[rows])
                seen[rows, places[rows]] = self._asked(game, rows, keep).to(seen)

    def _scores(self, game: MaskedGame, rank: Tensor, knots: list[Tensor], seen: Tensor) -> list[Tensor]:
        """For each sample the scores at its knots; samples in blocks, so that the coalitions fit in memory."""
        block = max(1, _HELD // max(1, max(map(len, knots)) * rank.shape[1]))
        scores: list[Tensor] = []
        for first in range(0, len(rank), block):
            part = list(range(first, min(first + block, len(rank))))
            lengths = [len(knots[row]) for row in part]
            rows = torch.tensor(part, device=rank.device).repeat_interleave(torch.tensor(lengths, device=rank.device))
            count = torch.cat([knots[row] for row in part]).to(rank.device)
            values = seen[rows, count]
            unseen = values.isnan().nonzero().flatten()
            if len(unseen):
                rows = rows[unseen]
                first_units = rank[rows] < count[unseen, None]
                values[unseen] = self._asked(game, rows, first_units if self.inserts else ~first_units).to(values)
            scores.extend(values.split(lengths))
        return scores

    def _asked(self, game: MaskedGame, rows: Tensor, keep: Tensor) -> Tensor:
        """(R,) of coalitions keep (R,G)."""
        if self.value == "score":
            return game.evaluate(rows, keep)
        return game.query.target.leads(game.logits(rows, keep), rows, game.query.model.output)


class Insertion(Curve):
    """Area under the score as the strongest features come in; higher is better.

    Units are put into the imputed input, the highest attribution first.

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
    """Area under the score as the strongest features go; lower is better.

    Units are removed from the input, the highest attribution first.
    """

    inserts = False


def seen_before(
    game: MaskedGame, explanation: Explanation, order: Tensor, inserts: bool, value: Literal["score", "correct"]
) -> Tensor:
    """What the explanation's own way through this game saw with its first 0, 1, .. G units, (B,G+1); NaN = unseen.

    Its extras must say that it was this game (`walk`) and what was seen (`correct`, `probability`), its score that it
    was this model, and its order must be the one that is measured.
    """
    query, extras = game.query, explanation.extras
    nothing = query.scores.new_full((len(order), order.shape[1] + 1), torch.nan)
    name = "correct" if value == "correct" else "probability"
    if "walk" not in extras or name not in extras or (value == "score" and query.target.scale != "probability"):
        return nothing
    if explanation.order is None or explanation.score is None or explanation.target is None:
        return nothing
    chosen = explanation.order.to(order.device)[:, : order.shape[1]]
    there = (chosen < 0) | (chosen == order[:, : chosen.shape[1]])
    fingerprint = game.fingerprint("insertion" if inserts else "deletion")
    own = query.replace(target=explanation.target).scores
    same = (extras["walk"].to(fingerprint) == fingerprint) & there.all(1)
    same &= torch.isclose(own, explanation.score.to(own), rtol=1e-3, atol=1e-3)
    saw = extras[name].to(nothing)[:, : order.shape[1] + 1]
    nothing[same, : saw.shape[1]] = saw[same]
    return nothing


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
