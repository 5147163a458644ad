"""Broken explainers: claimed axioms."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.explainer.examples import Gradient
from xaiplug.testing.shared.violator import violator


class GradientTimesInput(Explainer):
    """Complete on a network without biases and a zero baseline; nowhere else."""

    claims = ("completeness",)

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs) * query.inputs


class Spreads(Explainer):
    """Gives every feature a share of all the others'."""

    claims = ("dummy",)

    def explain(self, query: Query) -> Tensor:
        values = query.gradient(query.inputs)
        return values + 0.01 * values.flatten(1).mean(1).view(-1, *(1,) * (values.ndim - 1))


class GradientClaimsSensitivity(Gradient):
    """The gradient is 0 where the score is saturated."""

    claims = ("sensitivity",)


class LooksInside(Explainer):
    """Weighs by the size of the first parameter: another way to write the network, another map."""

    claims = ("implementation-invariance",)

    def explain(self, query: Query) -> Tensor:
        size = float(next(query.model.module.parameters()).detach().norm())
        return query.gradient(query.inputs) * size


class Normalises(Explainer):
    """Divides each map by its largest value."""

    claims = ("linearity",)

    def explain(self, query: Query) -> Tensor:
        values = query.gradient(query.inputs)
        return values / values.flatten(1).abs().amax(1).clamp(min=1e-12).view(-1, *(1,) * (values.ndim - 1))


class PrefersPlaces(Explainer):
    """Weighs features by where they are."""

    claims = ("symmetry",)

    def explain(self, query: Query) -> Tensor:
        values = query.gradient(query.inputs)
        places = torch.linspace(1, 2, values[0].numel(), dtype=values.dtype)
        return values * places.view(values.shape[1:])


VIOLATORS = (
    violator("completeness", GradientTimesInput()),
    violator("dummy", Spreads()),
    violator("sensitivity", GradientClaimsSensitivity()),
    violator("implementation-invariance", LooksInside()),
    violator("linearity", Normalises()),
    violator("symmetry", PrefersPlaces()),
)
