"""Broken explainers: networks that trip tools up."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError, NonFiniteError
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.violator import violator


class ReadsActivationsLate(Explainer):
    """Keeps a layer's output itself, which an in-place ReLU then overwrites."""

    def explain(self, query: Query) -> Tensor:
        layers = [module for module in query.model.module.modules() if isinstance(module, nn.Conv2d)]
        if not layers:
            raise ModelError("needs a convolution")
        kept: list[Tensor] = []
        handle = layers[-1].register_forward_hook(lambda module, inputs, output: kept.append(output))
        try:
            query.forward(query.inputs)
        finally:
            handle.remove()
        strength = torch.cat(kept).flatten(1).mean(1)
        return query.gradient(query.inputs) * strength.view(-1, *(1,) * (query.inputs.ndim - 1))


class OneActivationPerModule(Explainer):
    """Remembers one activation for each ReLU module: of a reused one, the last."""

    def explain(self, query: Query) -> Tensor:
        kept: dict[nn.Module, Tensor] = {}

        def keep(module: nn.Module, inputs: Any, output: Tensor) -> None:
            kept[module] = output.flatten(1).mean(1)

        modules = [module for module in query.model.module.modules() if isinstance(module, nn.ReLU)]
        handles = [module.register_forward_hook(keep) for module in modules]
        try:
            with torch.no_grad():
                query.model(query.inputs)
        finally:
            for handle in handles:
                handle.remove()
        strength = torch.stack([*kept.values(), torch.ones_like(query.scores)]).sum(0)
        return query.gradient(query.inputs) * strength.view(-1, *(1,) * (query.inputs.ndim - 1))


class HidesNaN(Explainer):
    """Takes a NaN of the network for a network that answers nothing: zeros."""

    def explain(self, query: Query) -> Tensor:
        try:
            return query.gradient(query.inputs)
        except NonFiniteError:
            return torch.zeros_like(query.inputs)


class ViewsGradients(Explainer):
    """Takes a gradient to lie in memory as its input does."""

    def explain(self, query: Query) -> Tensor:
        at = query.inputs.clone().requires_grad_()
        (gradient,) = torch.autograd.grad(query.score(at).sum(), at)
        return gradient.view(len(at), -1).view(at.shape)


class AsksTheModule(Explainer):
    """Asks the adapted module itself, and so passes by what `query.model` checks."""

    def explain(self, query: Query) -> Tensor:
        at = query.inputs.clone().requires_grad_()
        score = query.target.score(query.model.module(at), output=query.model.output)
        (gradient,) = torch.autograd.grad(score.sum(), at)
        return gradient


VIOLATORS = (
    violator("inplace-relu", ReadsActivationsLate()),
    violator("reused-relu", OneActivationPerModule()),
    violator("model-nan", HidesNaN()),
    violator("memory-layout", ViewsGradients()),
    violator("awkward-networks", AsksTheModule()),
)
