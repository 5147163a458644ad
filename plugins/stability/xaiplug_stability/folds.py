"""MeGe and ReCo (Fel, Vigouroux, Cadène and Serre, 2022): models that were trained on different folds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from xaiplug import MetricResult, PairMetric, View
from xaiplug.data.samples import known
from xaiplug_stability.distances import Distance, distance
from xaiplug_stability.maps import Channels, map_of, pairs
from xaiplug_stability.seen import seen_by


class Folds(PairMetric):
    """Distances between the maps of every two models, where exactly one of the two was trained on the sample.

    S⁼ are the distances where both models predict the label; S≠ those where one does and the other does not. The label
    is the data's; a map is the model's own (its target is what the study says).

    Raises:
        ComponentError: fewer than two models; or `samples="one-seen"` of data that does not say which model saw what.
    """

    distance: Distance = "l2"
    """l2, unit-l2 (maps of norm 1), 1-spearman, or fel (√(1-|spearman|), as Fel et al.)."""
    channels: Channels = "none"
    """What is compared: every scalar, or channels reduced to one value first."""
    samples: Literal["one-seen", "all"] = "one-seen"
    """Samples that exactly one of the two models was trained on (the definition), or all of them."""

    def _distances(self, views: Sequence[View]) -> tuple[Tensor, Tensor]:
        """S⁼ and S≠, each (n,)."""
        same, other = [], []
        for one, two in pairs(views):
            apart = distance(map_of(one, self.channels), map_of(two, self.channels), self.distance)
            right = [view.predicted == known(view.labels, f"metric '{self.called}'") for view in (one, two)]
            counted = self._counted(one, two)
            same.append(apart[counted & right[0] & right[1]])
            other.append(apart[counted & (right[0] ^ right[1])])
        return torch.cat(same), torch.cat(other)

    def _counted(self, one: View, two: View) -> Tensor:
        if self.samples == "all":
            return torch.ones_like(one.labels, dtype=torch.bool)
        return seen_by(one, ", or samples='all'") ^ seen_by(two, ", or samples='all'")


class MeGe(Folds):
    """Mean generalisability: how little a map changes as its sample leaves the training set; higher is better.

    1/(1 + mean S⁼) in (0,1]; 1 for maps that do not change. One value (1,) a study, NaN where no sample counts. The
    super-pixel paper takes l2; raw l2 depends on the scale of the maps and rewards small ones: print `unit-l2` beside
    it.
    """

    def compare(self, views: Sequence[View]) -> MetricResult:
        same, _ = self._distances(views)
        return MetricResult((1 / (1 + same.mean())).view(1), unit=f"1/(1 + {self.distance})", better="higher")


class ReCo(Folds):
    """Relative consistency: whether maps differ more where predictions differ; higher is better.

    The maximum over γ of TPR + TNR - 1 in [0,1], for "d ≤ γ says that both predict alike".

    1 where every distance of S⁼ is below every one of S≠, 0 where the distance tells nothing. One value (1,) a study,
    NaN where either set is empty.
    """

    def compare(self, views: Sequence[View]) -> MetricResult:
        return MetricResult(consistency(*self._distances(views)).view(1), better="higher")


def consistency(same: Tensor, other: Tensor) -> Tensor:
    """max_γ P(same ≤ γ) + P(other > γ) - 1, of two samples (n,) and (m,); NaN where one is empty.

    >>> consistency(torch.tensor([0.1, 0.2, 0.6]), torch.tensor([0.5, 0.9]))
    tensor(0.6667)
    """
    if not len(same) or not len(other):
        return same.new_tensor(torch.nan)
    at = torch.cat([same, other])
    low, high = same.sort().values, other.sort().values
    true_positive = torch.searchsorted(low, at, right=True) / len(same)
    true_negative = 1 - torch.searchsorted(high, at, right=True) / len(other)
    return (true_positive + true_negative - 1).max().clamp(min=0).to(same)
