"""Small metrics that keep the contract."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from xaiplug.data.explanation import Explanation
from xaiplug.data.result import MetricResult
from xaiplug.kinds import Metric, PairMetric
from xaiplug.kinds.metric import View
from xaiplug.model.query import Query


class Agreement(Metric):
    """Correlation of the map with what each scalar's removal does to a linear model: its slope times its value."""

    needs = ("baseline",)

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        away = query.inputs - query.require("baseline")[0]
        effects, values = query.gradient(query.inputs) * away, explanation.on_inputs(tuple(query.inputs.shape[1:]))
        paired = torch.stack([effects.flatten(1), values.expand_as(effects).flatten(1)])
        centred = paired - paired.mean(2, keepdim=True)
        scale = centred.norm(dim=2)
        correlation = (centred[0] * centred[1]).sum(1) / (scale[0] * scale[1])
        return MetricResult(correlation.masked_fill(scale[1] < 1e-6 * scale[0], torch.nan), better="higher")


class Wobble(Metric):
    """Largest change of the map where each input is a little darker."""

    needs = ("explainer",)

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        moved = query.explain(0.9 * query.inputs).attribution - explanation.attribution
        return MetricResult(moved.nan_to_num().flatten(1).abs().amax(1), better="lower")


class Spread(PairMetric):
    """Largest difference between the models' maps of a sample."""

    def compare(self, views: Sequence[View]) -> MetricResult:
        maps = torch.stack([view.explanation.attribution.nan_to_num() for view in views])
        return MetricResult((maps.amax(0) - maps.amin(0)).flatten(1).amax(1), better="lower")


GOOD = (Agreement(), Wobble(), Spread())
