"""Broken explainers: what is explained."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.explainer.examples import Grouped
from xaiplug.testing.shared.violator import violator


class CountsClasses(Explainer):
    """Weighs by the number of the class."""

    def explain(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs)
        return gradient * (1 + query.target.index.to(gradient)).view(-1, *(1,) * (gradient.ndim - 1))


class FirstTargetForAll(Explainer):
    """Explains the first sample's class in every sample."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs, torch.zeros(len(query), dtype=torch.int64))


class WeighsByLabel(Grouped):
    """A group's number is taken for a quantity."""

    def explain(self, query: Query) -> Explanation:
        answered: Any = super().explain(query)
        values = answered.attribution
        return answered.replace(attribution=values * torch.arange(1, values.shape[1] + 1))  # type: ignore[no-any-return]


class AlwaysLogits(Explainer):
    """Explains the logit, whatever the target's scale."""

    def explain(self, query: Query) -> Tensor:
        with torch.enable_grad():
            at = query.inputs.clone().requires_grad_()
            logits = query.model(at).gather(1, query.target.index[:, None])
            (gradient,) = torch.autograd.grad(logits.sum(), at)
        return gradient


class Unsigned(Explainer):
    """Absolute gradients, declared as signed."""

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).abs()


VIOLATORS = (
    violator("class-permutation", CountsClasses()),
    violator("single-target", FirstTargetForAll(), "batch-independent"),
    violator("group-relabelling", WeighsByLabel()),
    violator("scale", AlwaysLogits()),
    violator("sign", Unsigned()),
)
