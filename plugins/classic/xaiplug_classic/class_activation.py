"""What the methods share that read a layer's maps."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from xaiplug import Explanation, FeatureGroups, Query
from xaiplug.errors import GradientError, ShapeError
from xaiplug.model.catching import outputs_of
from xaiplug.model.maps import MapLayer, map_layer, placed
from xaiplug.model.slopes import maps_and_slopes


def class_activation(
    query: Query, name: str, layer: str | None, cam: Callable[[Tensor, Tensor], Tensor], *, clip: bool
) -> Explanation:
    """The maps of a layer, weighed and summed, at the level of groups: (B,h*w) on the layer's own grid.

    Args:
        name: of the method.
        layer: dotted name; None = the last with spatial meaning.
        cam: maps and gradients (R,D,h,w) -> (R,h,w).
        clip: negative sums are 0.

    Raises:
        ShapeError: the inputs are no images. ModelError: no such layer, or none whose places can be found.
    """
    inputs = query.inputs
    _images(query, name)
    read = map_layer(query.model, inputs[:1], layer)
    cams = query.in_passes(lambda part: cam(*maps_and_slopes(query, read, part)), len(query), name)
    groups = FeatureGroups.of_cells(len(query), tuple(cams.shape[1:]), tuple(inputs.shape[2:]), inputs.device)
    return Explanation((cams.clamp(min=0) if clip else cams).flatten(1), "group", groups=groups, meta=read.meta())


def layer_without_gradient(query: Query, name: str, layer: str | None) -> MapLayer:
    """The layer that a method reads which needs a gradient only to find it.

    Raises:
        ShapeError: the inputs are no images. ModelError: no such layer, or none whose places can be found.
        GradientError: no layer is named, and the network has no gradient to find one by.
    """
    _images(query, name)
    try:
        return map_layer(query.model, query.inputs[:1], layer)
    except GradientError as error:
        raise GradientError(
            f"{name} needs a gradient to find the layer that it reads: name one with layer=. {error}"
        ) from error


def layer_maps(query: Query, layer: MapLayer, part: slice) -> Tensor:
    """Maps (R,D,h,w) of the samples `part`; what the network says of them is seen on the way."""
    x = query.inputs[part]
    with outputs_of(layer.module) as caught, query.naming(torch.arange(len(query))[part]):
        query.saw(part, query.model(x))
    return layer.places.maps(placed(layer, caught, len(x), query.model).detach().to(x.dtype))


def _images(query: Query, name: str) -> None:
    if query.inputs.ndim != 4:
        raise ShapeError(f"{name} explains images (B,C,H,W), got {tuple(query.inputs.shape)}")
