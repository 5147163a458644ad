"""The blurred image."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from annotated_types import Gt
from torch import Tensor
from torch.nn import functional as F

from xaiplug import Baseline, Query
from xaiplug.errors import ComponentError


class Blur(Baseline):
    """The image, blurred by a Gaussian.

    (1,B,C,H,W); edges are continued by their last pixel.

    Raises:
        ComponentError: the inputs are no images.
    """

    reads_only = True
    sigma: Annotated[float, Gt(0)] = 10.0
    """Width of the Gaussian in pixels; the kernel ends at 4 sigma."""

    def build(self, query: Query) -> Tensor:
        if query.inputs.ndim != 4:
            raise ComponentError(f"blur: needs images (B,C,H,W), got {tuple(query.inputs.shape)}")
        return gaussian_blur(query.inputs, self.sigma).unsqueeze(0)


def gaussian_blur(images: Tensor, sigma: float) -> Tensor:
    """Images (B,C,H,W) convolved with a Gaussian of width `sigma` pixels; a constant image stays itself."""
    radius = max(1, math.ceil(4 * sigma))
    offsets = torch.arange(-radius, radius + 1, dtype=images.dtype, device=images.device)
    kernel = torch.exp(-0.5 * (offsets / sigma) ** 2)
    kernel = kernel / kernel.sum()
    planes = images.flatten(0, 1).unsqueeze(1)
    planes = F.conv2d(F.pad(planes, (radius, radius, 0, 0), mode="replicate"), kernel.view(1, 1, 1, -1))
    planes = F.conv2d(F.pad(planes, (0, 0, radius, radius), mode="replicate"), kernel.view(1, 1, -1, 1))
    return planes.view_as(images)
