"""What segmenters are asked in the kit: to cut photographs."""

from __future__ import annotations

from torch import Tensor, nn

from xaiplug.data.seeds import sample_seeds
from xaiplug.kinds import Segmenter
from xaiplug.testing.shared.scenes import scene


def photographs() -> Tensor:
    """Images (3,3,32,32) in [0,1], smooth as photographs are."""
    return nn.functional.interpolate(scene("images").inputs, scale_factor=2, mode="bilinear")


def segmented(segmenter: Segmenter, images: Tensor | None = None, *, seed: int = 0) -> Tensor:
    """Labels (B,H,W) of images; by default the kit's."""
    images = photographs() if images is None else images
    return segmenter.segment(images, sample_seeds(images, seed))


def outcome(segmenter: Segmenter, original: Segmenter) -> Tensor:
    """The labels of the kit's photographs."""
    return segmented(segmenter)
