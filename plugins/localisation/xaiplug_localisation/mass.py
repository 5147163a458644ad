"""Relevance mass accuracy (Arras, Osman and Samek, 2022)."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug_localisation.strength import strength


class RelevanceMass(Metric):
    """Share of the attribution on the truth.

    Σ_{p in truth} s_p / Σ_p s_p (Arras et al., 2022), s_p the strength of position p; in [0,1].

    NaN where the attribution is 0 everywhere or the truth is empty. The share of the truth's area is what a map without
    knowledge gets.

    >>> import xaiplug
    >>> truth = torch.tensor([[True, True, False, False]])
    >>> query = xaiplug.Query(None, torch.ones(1, 4), None, torch.zeros(1), relevant=truth)
    >>> RelevanceMass().measure(query, Explanation(torch.tensor([[0.9, 0.4, 0.6, 0.1]]), "input")).values
    tensor([0.6500])
    """

    reads_only = True
    needs = ("relevant",)
    asks_first = False

    sign: Literal["absolute", "positive"] = "absolute"
    """Strength of a scalar: its absolute value, or its positive part; summed over channels."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = strength(query, explanation, self.sign).flatten(1)
        return MetricResult(mass(values, query.require("relevant").flatten(1)), better="higher")


def mass(strengths: Tensor, relevant: Tensor) -> Tensor:
    """Share (B,) of strengths (B,P) >= 0 that lies on relevant (B,P) bool; NaN where there is neither."""
    share = (strengths * relevant).sum(1) / strengths.sum(1)
    return share.masked_fill(~relevant.any(1), torch.nan)
