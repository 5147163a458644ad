"""Segmenters: images to feature groups."""

from __future__ import annotations

from abc import abstractmethod
from typing import TYPE_CHECKING, ClassVar

from xaiplug.errors import ShapeError
from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from torch import Tensor

    from xaiplug.data.groups import FeatureGroups


class Segmenter(Component):
    """Divides images into feature groups."""

    kind = "segmenter"
    stochastic: ClassVar[bool] = True
    """False says that `seeds` are not used: a run then makes one segmentation for all of its seeds."""
    volumes: ClassVar[bool] = False
    """True says that it also cuts volumes (B,C,D,H,W), into labels (B,D,H,W)."""

    @abstractmethod
    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        """Label every pixel.

        Args:
            images: (B,C,H,W) in pixel space, [0,1].
            seeds: (B,) int64, one per sample.

        Returns:
            Labels (B,H,W) int64, -1 = no group; any other integers, they need not be contiguous.
        """

    def read(self, labels: Tensor, images: Tensor) -> FeatureGroups:
        """What `segment` gave for `images`, checked.

        Raises:
            ShapeError: not one label a pixel.
        """
        from xaiplug.data.groups import FeatureGroups

        expected = (len(images), *images.shape[2:])
        if tuple(labels.shape) != expected:
            raise ShapeError(f"{self.told} returned labels {tuple(labels.shape)}, expected {expected}")
        return FeatureGroups.from_labels(labels.to(images.device)).validate(images)
