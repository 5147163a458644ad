"""How many units make a prediction, and how many break it: the stop steps of MoXI (Sumiyasu et al., 2024, Tab. 1)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, ClassVar

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug_faithfulness.curves import Deletion, Insertion
from xaiplug_faithfulness.units import By, Ties


class First(Metric):
    """Number of units, at least one, after which the prediction first turns; the highest attribution first.

    The value (B,) is that number, one more than there are units where it never turns. `curve` (B,T) is 1 from there on:
    its mean is the share of the samples that have turned, against the share of the units. Lower is better: few units
    suffice. An explanation that walked this way itself (MoXI) costs no forward, as for `insertion` and `deletion`.

    Raises:
        ComponentError: a model with one output, which predicts no class.
    """

    reads_only = True
    inserts: ClassVar[bool]

    by: By = "group"
    """What comes or goes at once: one pixel (or token, or column), a square patch, or a whole feature group."""
    patch: Annotated[int, Ge(1)] = 8
    """Side of a patch in pixels, for by="patch"."""
    ties: Ties = "stable"
    """Equal attributions: in raster order ("stable"), or shuffled by the sample's seed ("random")."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return ("groups", "imputer") if self.by == "group" else ("imputer",)

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        kind = Insertion if self.inserts else Deletion
        walked = kind(value="correct", by=self.by, patch=self.patch, steps=None, ties=self.ties)
        scores = walked.scores(query, explanation)
        turned = [_first(score > 0.5 if self.inserts else score < 0.5) for score in scores]
        values = torch.tensor(turned).to(query.inputs)
        counts = torch.tensor([len(score) - 1 for score in scores]).to(values)
        points = int(counts.max())
        steps = torch.arange(points + 1).to(values) / max(1, points)
        arrived = steps * counts[:, None] >= values[:, None] - 1e-6
        return MetricResult(values, curve=arrived.to(values), steps=steps, unit="units", better="lower")


class FirstCorrect(First):
    """Units inserted until the explained class is predicted; lower is better."""

    inserts = True


class FirstWrong(First):
    """Units deleted until the explained class is predicted no longer; lower is better."""

    inserts = False


def _first(turned: Tensor) -> int:
    """The first place from 1 on of (T+1,) bool, T+1 = nowhere.

    >>> _first(torch.tensor([True, False, True, True])), _first(torch.tensor([True, False, False]))
    (2, 3)
    """
    found = turned[1:].nonzero().flatten()
    return int(found[0]) + 1 if len(found) else len(turned)
