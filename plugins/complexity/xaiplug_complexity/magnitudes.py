"""What the metrics of concentration share: the magnitudes that they are of."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query


class OfMagnitudes(Metric):
    """One number of the magnitudes of an attribution; a group attribution position by position, or group by group."""

    reads_only = True
    asks_first = False
    better: ClassVar[Literal["higher", "lower"]]

    channels: Literal["sum", "abs-sum", "none"] = "sum"
    """Channels of one position: summed and then made positive, made positive and then summed, or each on its own."""
    over: Literal["positions", "groups"] = "positions"
    """What a group attribution is measured on."""

    @abstractmethod
    def index(self, magnitudes: Tensor) -> Tensor:
        """(B,) of magnitudes (B,d) >= 0."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        if explanation.level == "group" and self.over == "groups":
            values = [row[~row.isnan()] for row in explanation.attribution]
            return MetricResult(torch.cat([self.index(row.abs()[None]) for row in values]), better=self.better)
        return MetricResult(self.index(self._magnitudes(query, explanation).flatten(1)), better=self.better)

    def _magnitudes(self, query: Query, explanation: Explanation) -> Tensor:
        values = explanation.attribution
        if explanation.level == "group":
            assert explanation.groups is not None, "checked at the door"
            values = explanation.groups.broadcast(values.nan_to_num())
        if values.shape != query.inputs.shape or values.ndim == 2 or self.channels == "none":
            return values.abs()
        axis = 1 if values.ndim == 4 else 2
        return values.sum(axis).abs() if self.channels == "sum" else values.abs().sum(axis)
