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


GOOD = (Halves(),)
