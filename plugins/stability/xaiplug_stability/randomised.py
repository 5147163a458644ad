"""Whether a map changes with what the network has learned (Adebayo et al., 2018; Hedström et al., 2024)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug.model import Model, redrawn, reweighted
from xaiplug_stability.layers import layers_of, packs
from xaiplug_stability.likeness import Likeness, alike, entropy


class Mprt(Metric):
    """Likeness of the map to the explainer's maps of networks with new weights, layer by layer; lower is better.

    Model parameter randomisation test (Adebayo et al., 2018). The value is the mean over the layers, the curve that of
    each number of layers drawn anew; 1 throughout is an explainer that does not look at the network. New weights are
    those that a layer is made with (`reset_parameters`; else its own, shuffled), drawn from the seed of the question:
    the same for all samples. Layers come in the order of the forward; batch norms are layers.

    With `smooth`, all maps are means over noisy inputs (Hedström et al., 2024, sMPRT): much of what a plain map
    changes by is its own noise.

    Raises:
        ComponentError: no layer has weights to draw. ModelError: a network that cannot be copied.
    """

    needs = ("explainer",)
    reads_only = True

    order: Literal["cascading", "bottom-up", "independent"] = "cascading"
    """From the logits down, from the input up, each time one more; or each layer alone."""
    similarity: Likeness = "rank"
    """Rank correlation, of magnitudes, or SSIM of images."""
    layers: Annotated[int, Ge(1)] | None = None
    """At most so many steps, of neighbouring layers at once; null = every layer is one."""
    smooth: Annotated[int, Ge(0)] = 0
    """Noisy copies of the input whose maps are averaged; 0 = the plain map."""
    noise: Annotated[float, Gt(0)] = 0.1
    """Standard deviation of that noise, in units of each input's range."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        drawn, shape = redrawn(query.model, query.seed), tuple(query.inputs.shape[1:])
        noises = _noises(query, self.smooth, self.noise)
        own = _averaged(query, query.model, noises) if noises else explanation
        steps, found = [], []
        for layers, changed in self._networks(query, drawn):
            other = _averaged(query, reweighted(query.model, changed), noises)
            steps.append(float(layers))
            found.append(alike(own, other, shape, self.similarity))
        curve = torch.stack(found, 1)
        at, unit = torch.tensor(steps).to(curve), _UNITS[self.similarity]
        return MetricResult(curve.mean(1), curve=curve, steps=at, unit=unit, better="lower")

    def _networks(self, query: Query, drawn: dict[str, Tensor]) -> Iterator[tuple[int, dict[str, Tensor]]]:
        """How many layers have been gone through, and the new tensors of the network at that point."""
        layers = layers_of(query, drawn)
        if self.order == "cascading":
            layers.reverse()
        passed, changed = 0, dict[str, Tensor]()
        for pack in packs(layers, self.layers):
            passed += len(pack)
            new = {name: drawn[name] for names in pack for name in names}
            changed = new if self.order == "independent" else changed | new
            yield passed, changed


_UNITS = {"rank": "rank correlation", "rank-abs": "rank correlation of magnitudes", "ssim": "SSIM after p99"}


class EfficientMprt(Metric):
    """How much more complex the map of a network with new weights is, relative to the map's own; higher is better.

    (H(ê) - H(e)) / H(e), with H the entropy of the map's histogram and ê the explainer's map of the network with all
    layers drawn anew (Hedström et al., 2024, eMPRT): no likeness of maps, and one more explanation in place of one a
    layer. 0 for an explainer that does not look at the network; NaN for a constant map.

    Raises:
        ModelError: a network that cannot be copied.
    """

    needs = ("explainer",)
    reads_only = True

    bins: Annotated[int, Ge(2)] = 100
    """Of the histogram, between the smallest and the largest value of a map."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        other = query.explain(model=reweighted(query.model, redrawn(query.model, query.seed)))
        shape = tuple(query.inputs.shape[1:])
        own, new = (entropy(found.on_inputs(shape).flatten(1), self.bins) for found in (explanation, other))
        rise = ((new - own) / own).masked_fill(own == 0, torch.nan)
        return MetricResult(rise, unit="of its entropy", better="higher")


def _noises(query: Query, copies: int, noise: float) -> list[Tensor]:
    """Noise (B,*shape) of each copy, the same for every network."""
    low, high = query.inputs.flatten(1).aminmax(dim=1)
    scale = (noise * (high - low)).view(-1, *(1,) * (query.inputs.ndim - 1))
    return [scale * query.normal(*query.inputs.shape[1:]) for _ in range(copies)]


def _averaged(query: Query, model: Model, noises: list[Tensor]) -> Explanation:
    """A model's explanation of the inputs, or the mean of those of noisy ones."""
    if not noises:
        return query.explain(model=model)
    found = [query.explain(query.inputs + noise, model=model) for noise in noises]
    return found[0].replace(attribution=torch.stack([one.attribution for one in found]).mean(0))
