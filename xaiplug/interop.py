"""Ours behind other libraries' interfaces: code that calls captum, Quantus or torchmetrics keeps its calls.

None of these libraries is imported: what they ask of an object is all that it has. `xaiplug_shapiq.game` is the same
for shapiq.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchmetrics import Metric as TorchMetric

from xaiplug.api import component, explain, score
from xaiplug.data.explanation import Explanation
from xaiplug.errors import ComponentError
from xaiplug.kinds import Explainer, Metric
from xaiplug.model.adapter import Model
from xaiplug.registry import resolve

__all__ = ["as_captum", "as_quantus", "as_torchmetric"]


def as_captum(explainer: Any, **params: Any) -> Callable[[Model | nn.Module], _Attribution]:
    """An explainer as a class of captum: `as_captum("ig2", steps=50)(model).attribute(inputs, target=3)`.

    Args:
        explainer: a name, `(name, params)` or an instance; `params` are its fields.
    """
    chosen = _explainer(explainer, params)
    return lambda model: _Attribution(chosen, model)


class _Attribution:
    """What captum calls an attribution method."""

    def __init__(self, explainer: Explainer, model: Model | nn.Module) -> None:
        self.explainer, self.model = explainer, model

    def attribute(
        self,
        inputs: Tensor,
        baselines: Any = None,
        target: Any = None,
        return_convergence_delta: bool = False,
        **given: Any,
    ) -> Any:
        """Signed maps like `inputs`; what an explainer finds for groups or positions is in each of theirs.

        Args:
            baselines: as captum takes them, a number or a tensor like the inputs; or ours. A method without baselines
                refuses them.
            target: a class, or one a sample; None = the predicted class, where captum would refuse.
            return_convergence_delta: also the sum of the map minus the change of the score, (B,).
            given: further arguments of `xaiplug.explain`.

        Raises:
            ComponentError: a convergence delta of a method that states no sum. Else as `xaiplug.explain`.
        """
        if isinstance(baselines, int | float):
            baselines = torch.full_like(inputs, baselines)
        if baselines is not None:
            given["baseline"] = baselines
        found = explain(self.model, inputs, self.explainer, target=target, **given)
        maps = _on_inputs(found, inputs)
        if not return_convergence_delta:
            return maps
        if found.residual is None:
            raise ComponentError(f"{self.explainer.told} states no sum: it has no convergence delta")
        return maps, -found.residual

    def has_convergence_delta(self) -> bool:
        """As captum asks: whether axioms of the explainer have completeness."""
        return "completeness" in self.explainer.claims


def as_quantus(explainer: Any, **given: Any) -> Callable[..., Any]:
    """An explainer as Quantus's `explain_func(model, inputs, targets, **kwargs)` -> array like the inputs.

    Args:
        explainer: a name, `(name, params)` or an instance.
        given: further arguments of `xaiplug.explain`: baseline, segmenter, imputer, ...
    """
    chosen = _explainer(explainer, {})

    def explain_func(model: Any, inputs: Any, targets: Any, **_: Any) -> Any:
        network = model if isinstance(model, nn.Module) else model.get_model()
        device = next((parameter.device for parameter in network.parameters()), torch.device("cpu"))
        x = torch.as_tensor(np.asarray(inputs), dtype=torch.float32, device=device)
        target = torch.as_tensor(np.asarray(targets)).long().to(device)
        return _on_inputs(explain(network, x, chosen, target=target, **given), x).cpu().numpy()

    return explain_func


class _Collected(TorchMetric):
    """The mean of one of our metrics over all samples of all batches, where it is defined."""

    full_state_update = False
    total: Tensor
    defined: Tensor

    def __init__(self, metric: Metric, model: Model | nn.Module, given: dict[str, Any]) -> None:
        super().__init__()
        self._metric, self._asked, self._given = metric, (model,), given
        self.add_state("total", torch.zeros((), dtype=torch.float64), dist_reduce_fx="sum")
        self.add_state("defined", torch.zeros((), dtype=torch.int64), dist_reduce_fx="sum")

    def update(self, inputs: Tensor, explanation: Explanation, **given: Any) -> None:
        """Measure the explanation of a batch; `given` are further arguments of `xaiplug.score`, as `relevant`."""
        values = score(self._asked[0], inputs, explanation, self._metric, **{**self._given, **given}).values
        known = ~values.isnan()
        self.total += values[known].double().sum().to(self.total.device)
        self.defined += known.sum().to(self.defined.device)

    def compute(self) -> Tensor:
        """The mean; NaN where no sample has a value."""
        mean: Tensor = self.total / self.defined
        return mean


def as_torchmetric(metric: Any, model: Model | nn.Module, **given: Any) -> TorchMetric:
    """One of our metrics as torchmetrics' `Metric`: `update(inputs, explanation)`, `compute()`, `reset()`.

    Args:
        metric: a name, `(name, params)` or an instance, of a metric that measures one model.
        given: further arguments of `xaiplug.score` that hold for all batches.

    Raises:
        ComponentError: a metric that compares models, or a value per study.
    """
    chosen = component("metric", metric) if isinstance(metric, str) else resolve("metric", metric)
    if not isinstance(chosen, Metric):
        raise ComponentError(f"metric {type(chosen).__name__} compares several models; it runs from a run file")
    return _Collected(chosen, model, given)


def _explainer(explainer: Any, params: dict[str, Any]) -> Explainer:
    chosen = component("explainer", explainer, **params) if params else resolve("explainer", explainer)
    assert isinstance(chosen, Explainer)
    return chosen


def _on_inputs(found: Explanation, inputs: Tensor) -> Tensor:
    """The map like the inputs (B,*shape)."""
    maps = found.on_inputs(tuple(inputs.shape[1:]))
    if maps.ndim < inputs.ndim:
        maps = maps.unsqueeze(-1)
    return maps.expand_as(inputs).clone()
