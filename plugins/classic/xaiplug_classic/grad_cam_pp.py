"""Grad-CAM++ (Chattopadhay et al., 2018)."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug import Explainer, Explanation, Query
from xaiplug_classic.class_activation import class_activation


class GradCamPlusPlus(Explainer):
    """A layer's maps, weighted by its gradients place by place.

    L = ReLU(Σ_k w_k A_k), w_k = Σ_ij α_k,ij ReLU(g_k,ij), A (D,h,w) a layer's maps and g = ∂f/∂A.

    α_k,ij = g² / (2 g² + g³ Σ_ab A_k,ab), eq. 19: what second and third derivatives of exp(f) come to in a network of
    ReLUs; 0 where g is. A map that shows the class in one small place counts as much as one that shows it at large. The
    paper's gradients are those of exp(f), a factor for the whole map of a sample, which is left out.

    pytorch-grad-cam has the same formula with 1e-6 added below, which counts gradients of a thousandth or less for
    nothing: its weights hang on the unit of the score. Here, as printed, they do not.

    The result is at the level of groups, on the layer's own h x w grid: (B,h*w) in raster order, with the cells of the
    image as groups (pixel y in row ⌊y·h/H⌋). A strength, in units of the score.

    Raises:
        ShapeError: the inputs are no images. ModelError: no such layer, or none whose places can be found.
    """

    reads_only = True
    signed = False
    asks_first = False

    layer: str | None = None
    """Dotted name of the layer, with maps or tokens of the whole image. None = the last with spatial meaning (see
    grad-cam); `meta` has its name."""
    relu: bool = True
    """Clip the sum at 0, as the paper does."""

    def explain(self, query: Query) -> Explanation:
        return class_activation(query, "grad-cam++", self.layer, cam, clip=self.relu)


def cam(maps: Tensor, slopes: Tensor) -> Tensor:
    """Σ_k w_k A_k (R,h,w) of maps and gradients (R,D,h,w).

    >>> maps, slopes = torch.tensor([[[[1.0, 2.0]]]]), torch.tensor([[[[0.5, 0.0]]]])
    >>> cam(maps, slopes)  # α = 1/4 / (1/2 + 3/8) = 2/7, w = 1/7
    tensor([[[0.1429, 0.2857]]])
    """
    below = 2 * slopes**2 + slopes**3 * maps.sum((2, 3), keepdim=True)
    alpha = torch.where(below != 0, slopes**2 / below.masked_fill(below == 0, 1), 0)
    weights = (alpha * slopes.clamp(min=0)).sum((2, 3), keepdim=True)
    return (weights * maps).sum(1)
