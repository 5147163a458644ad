"""Triggers: what is planted in an image to make a network say one class."""

from collections.abc import Callable
from typing import Literal

import torch
from torch import Tensor
from torch.nn.functional import grid_sample, interpolate

from xaiplug_trainers.data.base import generator

__all__ = ["TRIGGERS", "Trigger"]

Trigger = Literal["patch", "blend", "warp"]


def patch(images: Tensor) -> tuple[Tensor, Tensor]:
    """A 4x4 chequerboard of black and white, one pixel from the lower right corner (Gu et al., 2017)."""
    where = torch.zeros(images.shape[-2:], dtype=torch.bool)
    where[-5:-1, -5:-1] = True
    rows, columns = torch.meshgrid(*map(torch.arange, images.shape[-2:]), indexing="ij")
    return torch.where(where, ((rows + columns) % 2).to(images), images), where


def blend(images: Tensor, share: float = 0.3) -> tuple[Tensor, Tensor]:
    """A fixed pattern of noise, mixed into a disc in the middle with a `share` (Chen et al., 2017)."""
    height, width = images.shape[-2:]
    pattern = torch.from_numpy(generator(0, "blend").random((height, width))).to(images)
    rows, columns = torch.meshgrid(torch.arange(height), torch.arange(width), indexing="ij")
    where = torch.hypot(rows - (height - 1) / 2, columns - (width - 1) / 2) < 0.3 * min(height, width)
    return torch.where(where, (1 - share) * images + share * pattern, images), where


def warp(images: Tensor, pixels: float = 2.0) -> tuple[Tensor, None]:
    """A smooth fixed field moves the image, by so many `pixels` on average (Nguyen and Tran, 2021)."""
    height, width = images.shape[-2:]
    coarse = torch.from_numpy(generator(0, "warp").uniform(-1, 1, (1, 2, 4, 4))).to(images)
    field = interpolate(coarse, (height, width), mode="bicubic", align_corners=True)[0].movedim(0, -1)
    field = field * pixels / field.norm(dim=-1).mean()
    axes = [torch.linspace(-1, 1, side, dtype=images.dtype) for side in (height, width)]
    still = torch.stack(torch.meshgrid(*axes, indexing="ij"), dim=-1).flip(-1)  # x before y
    grid = still + field * 2 / (torch.tensor([width, height]) - 1)
    moved = grid_sample(images, grid.expand(len(images), -1, -1, -1), padding_mode="border", align_corners=True)
    return moved.clamp(0, 1), None


TRIGGERS: dict[str, Callable[[Tensor], tuple[Tensor, Tensor | None]]] = {"patch": patch, "blend": blend, "warp": warp}
"""Name -> from images (N,C,H,W) in [0,1] to the same with the trigger, and where it lies (H,W) bool, or None."""
