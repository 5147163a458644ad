"""Eigen-CAM (Muhammad and Yeasin, 2020)."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug import Explainer, Explanation, FeatureGroups, Query
from xaiplug_classic.class_activation import layer_maps, layer_without_gradient


class EigenCam(Explainer):
    """The first principal component of a layer's maps: what most of the layer says, whatever the class.

    L = O v₁, O (h·w,D) the places of a layer and v₁ the first right singular vector of O (Muhammad and Yeasin, 2020,
    eq. 1 to 3).

    O is not centred, as printed; pytorch-grad-cam subtracts each map's mean. A singular vector has no sign of its own:
    it is the one with ΣL >= 0, so that maps after a ReLU give no negative place. One forward, no gradient; the map is
    the same for every class.

    The result is at the level of groups, on the layer's own h x w grid: (B,h*w) in raster order, with the cells of the
    image as groups (pixel y in row ⌊y·h/H⌋). A strength, in the units of the activations.

    Raises:
        ShapeError: the inputs are no images. ModelError: no such layer, or none whose places can be found.
        GradientError: no layer is named, and the network has no gradient to find one by.
    """

    reads_only = True
    signed = False
    asks_first = False

    layer: str | None = None
    """Dotted name of the layer, with maps or tokens of the whole image. None = the last with spatial meaning (see
    grad-cam); `meta` has its name."""

    def explain(self, query: Query) -> Explanation:
        read = layer_without_gradient(query, "eigen-cam", self.layer)
        with torch.no_grad():
            cams = query.in_passes(lambda part: cam(layer_maps(query, read, part)), len(query), "eigen-cam")
        size = tuple(query.inputs.shape[2:])
        groups = FeatureGroups.of_cells(len(query), tuple(cams.shape[1:]), size, query.inputs.device)
        return Explanation(cams.flatten(1), "group", groups=groups, meta=read.meta())


def cam(maps: Tensor) -> Tensor:
    """O v₁ (R,h,w) of maps (R,D,h,w).

    >>> cam(torch.tensor([[[[3.0, 0.0]], [[4.0, 0.0]]]])).abs()
    tensor([[[5., 0.]]])
    """
    left, values, _ = torch.linalg.svd(maps.flatten(2).mT, full_matrices=False)
    found = left[..., 0] * values[:, :1]
    turned = torch.where(found.sum(1, keepdim=True) < 0, -found, found)
    return turned.view(len(maps), *maps.shape[2:])
