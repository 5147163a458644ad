"""Metrics that compare the order of positions with the truth."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug_localisation.mass import mass
from xaiplug_localisation.strength import Sign, strength


class RelevanceRank(Metric):
    """Share of the strongest positions that is on the truth.

    Of the K strongest, for a truth of K positions (Arras et al., 2022); in [0,1].

    Equal strengths at the limit count with the share of them that is on the truth: the mean over all orders of the
    ties. NaN where the truth is empty.
    """

    reads_only = True
    needs = ("relevant",)
    asks_first = False

    sign: Sign = "absolute"
    """Strength of a scalar: its absolute value, its positive part, or itself; summed over channels."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = strength(query, explanation, self.sign).flatten(1)
        return MetricResult(rank_accuracy(values, query.require("relevant").flatten(1)), better="higher")


class GtAuc(Metric):
    """ROC area of the attribution as a detector of the truth.

    The detector is the strength of a position; 0.5 knows nothing. Ties count one half. NaN where the truth is empty or
    everything.

    >>> import xaiplug
    >>> truth = torch.tensor([[True, True, False, False]])
    >>> query = xaiplug.Query(None, torch.ones(1, 4), None, torch.zeros(1), relevant=truth)
    >>> GtAuc().measure(query, Explanation(torch.tensor([[0.9, 0.4, 0.6, 0.1]]), "input")).values
    tensor([0.7500])
    """

    reads_only = True
    needs = ("relevant",)
    asks_first = False

    sign: Sign = "absolute"
    """Strength of a scalar: its absolute value, its positive part, or itself; summed over channels."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = strength(query, explanation, self.sign).flatten(1)
        return MetricResult(roc_area(values, query.require("relevant").flatten(1)), better="higher")


class GtSum(Metric):
    """Normalised attribution on the truth.

    Σ_{p in truth} |a_p| / Σ_p |a_p|, |a| summed over channels (the IG² paper's GT-SUM); in [0,1].

    The same number as `relevance-mass` with its default sign. NaN where the map is 0 or the truth is empty.
    """

    reads_only = True
    needs = ("relevant",)
    asks_first = False

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = strength(query, explanation, "absolute").flatten(1)
        return MetricResult(mass(values, query.require("relevant").flatten(1)), better="higher")


def rank_accuracy(strengths: Tensor, relevant: Tensor) -> Tensor:
    """Share (B,) of the strongest |truth| positions of strengths (B,P) that lie on relevant (B,P) bool."""
    count = relevant.sum(1)
    limit = strengths.sort(1, descending=True).values.gather(1, (count - 1).clamp(min=0)[:, None])
    above, equal = strengths > limit, strengths == limit
    left = count - above.sum(1)
    hits = (above & relevant).sum(1) + left * (equal & relevant).sum(1) / equal.sum(1)
    return (hits / count).to(strengths.dtype).masked_fill(count == 0, torch.nan)


def roc_area(strengths: Tensor, relevant: Tensor) -> Tensor:
    """Area (B,) under the ROC curve of strengths (B,P) against relevant (B,P) bool: the Mann-Whitney statistic."""
    ordered = strengths.sort(1).values.contiguous()
    below = torch.searchsorted(ordered, strengths.contiguous(), right=False)
    up_to = torch.searchsorted(ordered, strengths.contiguous(), right=True)
    ranks = (below + up_to + 1).double() / 2
    on, off = relevant.sum(1), (~relevant).sum(1)
    area = ((ranks * relevant).sum(1) - on * (on + 1) / 2) / (on * off)
    return area.to(strengths.dtype)
