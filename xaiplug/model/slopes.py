"""What the class activation methods read: a layer's maps, and the gradient of the score by them."""

from __future__ import annotations

from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError
from xaiplug.model.catching import outputs_of
from xaiplug.model.maps import MapLayer, placed
from xaiplug.model.passes import looking
from xaiplug.model.query import Query

_alone: WeakKeyDictionary[nn.Module, dict[tuple[str, tuple[int, ...]], bool]] = WeakKeyDictionary()
"""Of each network: layer and shape of an image -> whether all that the layer does to the answer is what it returns."""


def maps_and_slopes(query: Query, layer: MapLayer, part: slice) -> tuple[Tensor, Tensor]:
    """A layer's maps (R,D,h,w) for the samples `part`, and the gradient of their target scores by them.

    The graph begins at the layer: what comes before it is a plain forward. Whether that changes nothing is tried once
    for every network, layer and size, in no cost; it does where a layer also hands on in another way what it returns.

    Raises:
        ModelError: the layer mixes images, or the score does not depend on it. GradientError: there is no gradient.
    """
    cut = _stands_alone(query, layer)
    x = query.inputs[part] if cut else query.inputs[part].detach().requires_grad_()
    with outputs_of(layer.module, cut=cut) as caught, query.naming(torch.arange(len(query))[part]):
        logits = query.model(x)
    score = query.saw(part, logits).score(logits, output=query.model.output)
    values = placed(layer, caught, len(x), query.model)
    gradient = _slopes(score, values)
    if gradient is None:
        raise ModelError(
            f"no gradient of the score of model '{query.model.name}' comes through layer '{layer.name}': what it gives "
            "does not depend on the image, or is not used; name another layer="
        )
    wide = query.inputs.dtype
    return layer.places.maps(values.detach().to(wide)), layer.places.maps(gradient.to(wide))


def _slopes(score: Tensor, values: Tensor) -> Tensor | None:
    """The gradient of the scores by the values, where there is one."""
    if not (values.requires_grad and score.requires_grad):
        return None
    return torch.autograd.grad(score.sum(), values, allow_unused=True)[0]


def _stands_alone(query: Query, layer: MapLayer) -> bool:
    """Whether the gradient by a layer's output is the same where the graph begins there; seen on the first image."""
    first = query.inputs[:1].detach()
    known, key = _alone.setdefault(query.model.network, {}), (layer.name, tuple(first.shape[1:]))
    if key not in known:
        found = []
        for cut in (False, True):
            with (
                looking(),
                query.naming(torch.zeros(1, dtype=torch.int64)),
                outputs_of(layer.module, cut=cut) as caught,
            ):
                logits = query.model(first if cut else first.clone().requires_grad_())
            weights = torch.arange(1, logits.shape[1] + 1).to(logits)
            found.append(_slopes((logits * weights).sum(1), placed(layer, caught, 1, query.model)))
        whole, short = found
        if whole is None or not bool(whole.any()):
            return False
        scale = float(whole.abs().max())
        known[key] = short is not None and bool((short - whole).abs().max() <= 1e-4 * scale)
    return known[key]
