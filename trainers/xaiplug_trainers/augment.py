"""Random views of a batch."""

import torch
from torch import Tensor
from torch.nn.functional import pad

__all__ = ["flip_and_crop"]


def flip_and_crop(images: Tensor, generator: torch.Generator, margin: int = 4) -> Tensor:
    """Each of (B,C,H,W) mirrored with probability one half and shifted by up to `margin` pixels, zeros moving in."""
    count, _, height, width = images.shape
    flips = torch.rand(count, generator=generator) < 0.5
    rows = torch.randint(0, 2 * margin + 1, (count, 1), generator=generator) + torch.arange(height)
    columns = torch.randint(0, 2 * margin + 1, (count, 1), generator=generator) + torch.arange(width)
    columns = torch.where(flips[:, None], columns.flip(1), columns)
    padded = pad(images, (margin,) * 4)
    index = (torch.arange(count)[:, None, None], slice(None), rows[:, :, None], columns[:, None, :])
    moved = padded[tuple(i.to(images.device) if isinstance(i, Tensor) else i for i in index)]
    return moved.permute(0, 3, 1, 2).contiguous()
