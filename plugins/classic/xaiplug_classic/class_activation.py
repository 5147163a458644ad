"""What the methods share that weigh a layer's maps by their gradients."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from xaiplug import Explanation, FeatureGroups, Query
from xaiplug.errors import ShapeError
from xaiplug.model.maps import map_layer
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
    if inputs.ndim != 4:
        raise ShapeError(f"{name} explains images (B,C,H,W), got {tuple(inputs.shape)}")
    read = map_layer(query.model, inputs[:1], layer)
    cams = query.in_passes(lambda part: cam(*maps_and_slopes(query, read, part)), len(query), name)
    groups = FeatureGroups.of_cells(len(query), tuple(cams.shape[1:]), tuple(inputs.shape[2:]), inputs.device)
    return Explanation((cams.clamp(min=0) if clip else cams).flatten(1), "group", groups=groups, meta=read.meta())
