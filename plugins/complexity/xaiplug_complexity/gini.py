"""The Gini index."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query


class Gini(Metric):
    """Gini index of the attribution's magnitudes: sparsity.

    G = 1 - 2 Σ_k (φ_(k) / ‖φ‖₁) (d - k + ½) / d of d magnitudes φ_(1) ≤ ... ≤ φ_(d) (Chalasani et al., 2020).

    0 where all are equal, (d-1)/d for a single one; no unit; higher is sparser. Unchanged by scale, by order, and by
    writing every value twice. NaN where all are 0.

    A group attribution counts position by position (`over="positions"`, so that it compares with a pixel map), or
    group by group.
    """

    reads_only = True
    asks_first = False

    channels: Literal["sum", "abs-sum", "none"] = "sum"
    """Channels of one position: summed and then made positive, made positive and then summed, or each on its own."""
    over: Literal["positions", "groups"] = "positions"
    """What a group attribution is measured on."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        if explanation.level == "group" and self.over == "groups":
            values = [row[~row.isnan()] for row in explanation.attribution]
            return MetricResult(torch.cat([gini(row.abs()[None]) for row in values]), better="higher")
        return MetricResult(gini(self._magnitudes(query, explanation).flatten(1)), better="higher")

    def _magnitudes(self, query: Query, explanation: Explanation) -> Tensor:
        values = explanation.attribution
        if explanation.level == "group":
            assert explanation.groups is not None, "checked at the door"
            values = explanation.groups.broadcast(values.nan_to_num())
        if values.shape != query.inputs.shape or values.ndim == 2 or self.channels == "none":
            return values.abs()
        axis = 1 if values.ndim == 4 else 2
        return values.sum(axis).abs() if self.channels == "sum" else values.abs().sum(axis)


def gini(magnitudes: Tensor) -> Tensor:
    """Gini index (B,) of magnitudes (B,d) >= 0.

    >>> gini(torch.tensor([[1.0, 2, 3, 4], [0, 0, 0, 1], [1, 1, 1, 1], [0, 0, 0, 0]]))
    tensor([0.2500, 0.7500, 0.0000,    nan])
    """
    d = magnitudes.shape[1]
    ranked = magnitudes.sort(1).values
    weights = (2 * torch.arange(1, d + 1, dtype=magnitudes.dtype, device=magnitudes.device) - d - 1) / d
    return (ranked * weights).sum(1) / ranked.sum(1)
