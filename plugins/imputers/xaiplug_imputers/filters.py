"""What corruptions are made of: draws, bells, streaks and convolutions of one image (C,H,W)."""

from __future__ import annotations

import math

import torch
from torch import Generator, Tensor
from torch.nn import functional as F


def normal(image: Tensor, generator: Generator) -> Tensor:
    return torch.randn(image.shape, generator=generator, dtype=torch.float64).to(image)


def nonzero(values: Tensor) -> Tensor:
    return values.masked_fill(values <= 0, 1)


def scale(image: Tensor) -> float:
    return min(image.shape[1:]) / 224


def bell(sigma: float) -> Tensor:
    reach = max(1, math.ceil(4 * sigma))
    steps = torch.arange(-reach, reach + 1, dtype=torch.float64)
    weights = torch.exp(-(steps**2) / (2 * max(sigma, 1e-3) ** 2))
    return weights / weights.sum()


def filtered(image: Tensor, kernel: Tensor) -> Tensor:
    """Every channel of (C,H,W) under a kernel (h,w) of odd sides; beyond the border its last pixel goes on."""
    height, width = (side // 2 for side in kernel.shape)
    padded = F.pad(image[None], (width, width, height, height), mode="replicate")
    weight = kernel.to(image).expand(len(image), 1, *kernel.shape)
    return F.conv2d(padded, weight, groups=len(image))[0]


def blurred(image: Tensor, sigma: float) -> Tensor:
    """Every channel under a Gaussian of `sigma` pixels."""
    return filtered(filtered(image, bell(sigma)[:, None]), bell(sigma)[None])


def streak(length: float, sigma: float, degrees: float) -> Tensor:
    """Kernel (h,w) that sums to 1: a one-sided bell along a line from the centre, in this direction."""
    angle = math.radians(degrees)
    reach = math.ceil(length) + 1
    kernel = torch.zeros(2 * reach + 1, 2 * reach + 1, dtype=torch.float64)
    for step in range(math.floor(length) + 1):
        y, x = reach + step * math.sin(angle), reach + step * math.cos(angle)
        weight, top, left = math.exp(-(step**2) / (2 * sigma**2)), math.floor(y), math.floor(x)
        for row, part in ((top, top + 1 - y), (top + 1, y - top)):
            kernel[row, left] += weight * part * (left + 1 - x)
            kernel[row, left + 1] += weight * part * (x - left)
    return kernel / kernel.sum()


def warped(image: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    """The image read at pixel positions rows, columns (H,W), linear between pixels, reflected beyond the border."""
    height, width = image.shape[1:]
    size = torch.tensor([max(1, width - 1), max(1, height - 1)])
    at = torch.stack([columns, rows], 2).to(image) / size.to(image) * 2 - 1
    return F.grid_sample(image[None], at[None], "bilinear", "reflection", align_corners=True)[0]


def magnified(image: Tensor, factor: float) -> Tensor:
    """The centre of the image, `factor` times as large."""
    rows, columns = (
        (torch.arange(side, dtype=torch.float64) - (side - 1) / 2) / factor + (side - 1) / 2 for side in image.shape[1:]
    )
    return warped(image, *torch.meshgrid(rows, columns, indexing="ij"))
