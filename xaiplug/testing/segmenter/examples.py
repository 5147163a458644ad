"""Small segmenters that keep the contract."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.data.seeds import generator
from xaiplug.kinds import Segmenter


class Halves(Segmenter):
    """Two groups: pixels below and above the image's mean brightness; ties broken by the sample's seed."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        grey = images.mean(1)
        jitter = torch.stack([torch.rand(grey.shape[1:], generator=generator(int(seed))) for seed in seeds])
        bright = grey + 1e-6 * jitter.to(grey) > grey.flatten(1).mean(1)[:, None, None]
        return bright.long()


class Slabs(Segmenter):
    """Two groups along the first axis of an image or a volume."""

    stochastic = False
    volumes = True

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        grid = images.shape[2:]
        halves = torch.arange(grid[0], device=images.device) * 2 // grid[0]
        return halves.view(-1, *(1,) * (len(grid) - 1)).expand(len(images), *grid)


GOOD = (Halves(), Slabs())
