"""LayerCAM (Jiang et al., 2021)."""

from __future__ import annotations

from torch import Tensor

from xaiplug import Explainer, Explanation, Query
from xaiplug_classic.class_activation import class_activation


class LayerCam(Explainer):
    """A layer's maps, each place weighted by its own gradient where that is positive.

    L = ReLU(Σ_k ReLU(g_k) ⊙ A_k) (Jiang et al., 2021, eq. 5 to 7), A (D,h,w) a layer's maps and g = ∂f/∂A.

    A weight a place, where grad-cam has one a map: maps of early layers, finer than the last, stay meaningful.

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
        return class_activation(query, "layer-cam", self.layer, cam, clip=self.relu)


def cam(maps: Tensor, slopes: Tensor) -> Tensor:
    """Σ_k ReLU(g_k) ⊙ A_k (R,h,w) of maps and gradients (R,D,h,w).

    >>> import torch
    >>> maps, slopes = torch.tensor([[[[1.0, 2.0]], [[3.0, 1.0]]]]), torch.tensor([[[[0.5, -1.0]], [[-1.0, 2.0]]]])
    >>> cam(maps, slopes)
    tensor([[[0.5000, 2.0000]]])
    """
    return (slopes.clamp(min=0) * maps).sum(1)
