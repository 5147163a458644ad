"""What the class activation methods read: a layer's maps, and the gradient of the score by them."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.errors import ModelError
from xaiplug.model.catching import outputs_of
from xaiplug.model.maps import MapLayer, placed
from xaiplug.model.query import Query


def maps_and_slopes(query: Query, layer: MapLayer, part: slice) -> tuple[Tensor, Tensor]:
    """A layer's maps (R,D,h,w) for the samples `part`, and the gradient of their target scores by them.

    Raises:
        ModelError: the layer mixes images, or the score does not depend on it.
    """
    x = query.inputs[part].detach().requires_grad_()
    with outputs_of(layer.module) as caught, query.naming(torch.arange(len(query))[part]):
        logits = query.model(x)
    score = query.saw(part, logits).score(logits, output=query.model.output)
    values = placed(layer, caught, len(x), query.model)
    gradient = torch.autograd.grad(score.sum(), values, allow_unused=True)[0] if values.requires_grad else None
    if gradient is None:
        raise ModelError(
            f"no gradient of the score of model '{query.model.name}' comes through layer '{layer.name}': what it gives "
            "does not depend on the image, or is not used; name another layer="
        )
    wide = query.inputs.dtype
    return layer.places.maps(values.detach().to(wide)), layer.places.maps(gradient.to(wide))
