"""Grad-CAM (Selvaraju et al., 2017), for convolutional networks and vision transformers."""

from __future__ import annotations

from torch import Tensor

from xaiplug import Explainer, Explanation, FeatureGroups, Query
from xaiplug.errors import ShapeError
from xaiplug.model.maps import MapLayer, map_layer
from xaiplug.model.slopes import maps_and_slopes


class GradCam(Explainer):
    """A layer's maps, weighted by their mean gradients; on the layer's own grid.

    L = Σ_k α_k A_k with α_k = (1/Z) Σ_ij ∂f/∂A_k,ij (Selvaraju et al., 2017, eq. 1 and 2), A (D,h,w) a layer's maps.

    The result is at the level of groups, on the layer's own h x w grid: (B,h*w) in raster order, with the cells of the
    image as groups (pixel y in row ⌊y·h/H⌋). It is not upsampled and, unless `relu`, not clipped; `view` smooths it for
    display. Units are those of the score, up to the size of the activations; it sums to nothing in particular.

    The layer, when it is not named: the last with spatial meaning, after norm, activation and residual. All of the
    answer comes through it, and depends on it in more than one place; pooling makes no maps. Of a vision transformer
    that reads its class token, these are the tokens that enter the last block. Where its rows and columns lie, and
    which tokens have no place (class and register tokens), is found by looking: `xaiplug.model.places`. `meta` has the
    layer read and its grid.

    Raises:
        ShapeError: the inputs are no images. ModelError: no such layer, or none whose places can be found.
    """

    reads_only = True
    asks_first = False

    layer: str | None = None
    """Dotted name of the layer whose output is used, maps or tokens of the whole image; None = found as described."""
    relu: bool = False
    """Keep only what raises the score, as the paper does; False keeps the sign."""

    def explain(self, query: Query) -> Explanation:
        if query.inputs.ndim != 4:
            raise ShapeError(f"grad-cam explains images (B,C,H,W), got {tuple(query.inputs.shape)}")
        layer = map_layer(query.model, query.inputs[:1], self.layer)
        maps = query.in_passes(lambda part: self._map(query, layer, part), len(query), "grad-cam")
        size, device = tuple(query.inputs.shape[2:]), query.inputs.device
        groups = FeatureGroups.of_cells(len(query), tuple(maps.shape[1:]), size, device)
        return Explanation(maps.flatten(1), "group", groups=groups, meta=layer.meta())

    def _map(self, query: Query, layer: MapLayer, part: slice) -> Tensor:
        """L (R,h,w) of some samples."""
        maps, slopes = maps_and_slopes(query, layer, part)
        cam = (slopes.mean((2, 3), keepdim=True) * maps).sum(1)
        return cam.clamp(min=0) if self.relu else cam
