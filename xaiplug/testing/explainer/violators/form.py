"""Broken explainers: what an answer looks like."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.explainer.examples import Grouped
from xaiplug.testing.shared.violator import violator


class ImagesOnlyByAccident(Explainer):
    """Sums channels of whatever it gets."""

    def explain(self, query: Query) -> Tensor:
        height = query.inputs.shape[2]
        return query.gradient(query.inputs).mul(height)


class ChannelsSummed(Explainer):
    """(B,H,W): neither a map of the input nor (B,1,H,W)."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).sum(1)


class PaddedWithZeros(Grouped):
    """Groups that a sample does not have get 0 where NaN is asked."""

    def explain(self, query: Query) -> Explanation:
        answered: Any = super().explain(query)
        assert query.groups is not None
        values = answered.attribution.masked_fill(~query.groups.players, 0.0)
        return answered.replace(attribution=values)  # type: ignore[no-any-return]


class DividesByDistance(Explainer):
    """0/0 where the input equals its baseline."""

    needs = ("baseline",)

    def explain(self, query: Query) -> Tensor:
        away = query.inputs - query.require("baseline")[0]
        largest = away.flatten(1).abs().amax(1).view(-1, *(1,) * (away.ndim - 1))
        return query.gradient(query.inputs).mul(away / largest)


class SinglePrecision(Explainer):
    """Computes in float32, whatever it is given."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).float().to(query.inputs.dtype)


class CooksBooks(Explainer):
    """Reports a residual of 0 that is not."""

    needs = ("baseline",)

    def explain(self, query: Query) -> Explanation:
        baseline = query.require("baseline")[0]
        values = query.gradient(query.inputs) * (query.inputs - baseline)
        scores = query.scores
        return Explanation(values, score=scores, base_score=query.score(baseline), residual=torch.zeros_like(scores))


class AsksAnotherNetwork(Explainer):
    """Hands on what a network said that it had changed."""

    asks_first = False

    def explain(self, query: Query) -> Tensor:
        *_, bias = query.model.network.parameters()
        bias.data.mul_(0.5)
        gradient = query.gradient()
        bias.data.mul_(2)
        return gradient


VIOLATORS = (
    violator("input-kinds", ImagesOnlyByAccident()),
    violator("shape", ChannelsSummed(), "input-kinds"),
    violator("shape", PaddedWithZeros(), "batch-independent"),
    violator("finite", DividesByDistance()),
    violator("precision", SinglePrecision()),
    violator("books", CooksBooks()),
    violator("books", AsksAnotherNetwork()),
)
