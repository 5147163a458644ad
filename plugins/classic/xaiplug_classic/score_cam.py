"""Score-CAM (Wang et al., 2020)."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from xaiplug import Explainer, Explanation, FeatureGroups, Query
from xaiplug_classic.class_activation import layer_maps, layer_without_gradient

_HELD = 2**25
"""Numbers of masked inputs held at once; how many of them go through the model together is `max_batch`."""


class ScoreCam(Explainer):
    """A layer's maps, weighted by the score of the input seen through each.

    ReLU(Σ_k α_k A_k) with α = softmax_k f(x ⊙ M_k + x' ⊙ (1 - M_k)), A (D,h,w) a layer's maps.

    M_k is A_k upsampled to the image (bilinear) and taken to [0,1]; a map of one value is left out. The paper's x' is
    black; with n baselines the scores are averaged. No gradient is taken; D forwards a sample.

    The result is at the level of groups, on the layer's own h x w grid: (B,h*w) in raster order, with the cells of the
    image as groups (pixel y in row ⌊y·h/H⌋). A strength, in the units of the activations.

    Raises:
        ShapeError: the inputs are no images. ModelError: no such layer, or none whose places can be found.
        GradientError: no layer is named, and the network has no gradient to find one by.
    """

    reads_only = True
    needs = ("baseline",)
    signed = False
    asks_first = False

    layer: str | None = None
    """Dotted name of the layer, with maps or tokens of the whole image. None = the last with spatial meaning (see
    grad-cam); `meta` has its name."""
    relu: bool = True
    """Clip the sum at 0, as the paper does."""

    def explain(self, query: Query) -> Explanation:
        with torch.no_grad():
            layer = layer_without_gradient(query, "score-cam", self.layer)
            maps = query.in_passes(lambda part: layer_maps(query, layer, part), len(query), "score-cam")
            cams = torch.stack([self._cam(query, maps[row], row) for row in range(len(query))])
        size, device = tuple(query.inputs.shape[2:]), query.inputs.device
        groups = FeatureGroups.of_cells(len(query), tuple(cams.shape[1:]), size, device)
        return Explanation(cams.flatten(1), "group", groups=groups, meta=layer.meta())

    def _cam(self, query: Query, maps: Tensor, row: int) -> Tensor:
        """(h,w) of one sample with maps (D,h,w)."""
        x = query.inputs[row]
        masks = interpolate(maps[None], size=tuple(x.shape[1:]), mode="bilinear", align_corners=False)[0]
        low, high = masks.amin((1, 2), keepdim=True), masks.amax((1, 2), keepdim=True)
        varied = (high - low).flatten() > 0
        if not bool(varied.any()):
            return torch.zeros_like(maps[0])
        masks = ((masks - low) / (high - low).clamp(min=torch.finfo(x.dtype).tiny))[varied]
        weights = self._scores(query, masks, row).softmax(0)
        cam = (weights[:, None, None] * maps[varied]).sum(0)
        return cam.clamp(min=0) if self.relu else cam

    def _scores(self, query: Query, masks: Tensor, row: int) -> Tensor:
        """Scores (D,) of a sample seen through masks (D,H,W), the mean over the baselines."""
        x, baselines = query.inputs[row], query.require("baseline")[:, row]
        parts = []
        for some in masks.split(max(1, _HELD // x.numel())):
            rows = torch.full((len(some),), row, device=x.device)
            seen = some.unsqueeze(1)
            parts.append(torch.stack([query.score(b + seen * (x - b), rows) for b in baselines]).mean(0))
        return torch.cat(parts)
