"""Broken explainers: what has to stay as it was."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.violator import violator


class BackwardIntoParameters(Explainer):
    """`.backward()` where `torch.autograd.grad` is meant: the parameters get gradients."""

    def explain(self, query: Query) -> Tensor:
        at = query.inputs.clone().requires_grad_()
        query.score(at).sum().backward()
        assert at.grad is not None
        return at.grad


class WritesForAMoment(Explainer):
    """Explains with rounder weights and puts them back, though it says that it only reads."""

    reads_only = True

    def explain(self, query: Query) -> Tensor:
        parameters = list(query.model.network.parameters())
        kept = [parameter.data.clone() for parameter in parameters]
        for parameter in parameters:
            parameter.data.mul_(1.01)
        gradient = query.gradient(query.inputs)
        for parameter, values in zip(parameters, kept, strict=True):
            parameter.data.copy_(values)
        return gradient


class LeavesHook(Explainer):
    """Registers a hook and forgets it."""

    def explain(self, query: Query) -> Tensor:
        query.model.module.register_forward_hook(lambda *_: None)
        return query.gradient(query.inputs)


class LeavesHookOnError(Explainer):
    """Removes its hook, unless the model raises."""

    def explain(self, query: Query) -> Tensor:
        handle = query.model.module.register_forward_hook(lambda *_: None)
        gradient = query.gradient(query.inputs)
        handle.remove()
        return gradient


class MarksInputs(Explainer):
    """Switches gradients on for the user's own tensor."""

    def explain(self, query: Query) -> Tensor:
        inputs = query.inputs.requires_grad_()
        (gradient,) = torch.autograd.grad(query.score(inputs).sum(), inputs)
        return gradient


class SeedsGlobally(Explainer):
    """`torch.manual_seed` for noise that is the same for every sample."""

    def explain(self, query: Query) -> Tensor:
        torch.manual_seed(0)
        return query.gradient(query.inputs + 0.01 * torch.randn(query.inputs.shape[1:]).to(query.inputs))


class GradientsOff(Explainer):
    """Leaves gradients switched off for whoever called."""

    def explain(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs)
        torch.set_grad_enabled(False)
        return gradient


VIOLATORS = (
    violator("model-untouched", BackwardIntoParameters()),
    violator("model-untouched", WritesForAMoment()),
    violator("hooks-removed", LeavesHook(), "hooks-removed-on-error"),
    violator("hooks-removed-on-error", LeavesHookOnError()),
    violator("inputs-untouched", MarksInputs()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("gradient-mode", GradientsOff()),
)
