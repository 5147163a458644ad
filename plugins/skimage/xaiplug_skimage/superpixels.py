"""Super-pixels by scikit-image."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated, Any

import numpy as np
import torch
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from skimage.segmentation import slic
from torch import Tensor

from xaiplug import Segmenter

Image = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]


class ImageSegmenter(Segmenter):
    """Cuts one image after the other: (H,W,C) float64 in pixel space, [0,1]; any C, grey is C = 1."""

    @abstractmethod
    def cut(self, image: Image, seed: int) -> Labels:
        """Labels (H,W) of one image (H,W,C); numbers need not be contiguous."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        arrays = images.detach().permute(0, 2, 3, 1).double().cpu().numpy()
        labels = [self.cut(image, int(seed)) for image, seed in zip(arrays, seeds, strict=True)]
        return torch.from_numpy(np.stack(labels).astype(np.int64)).to(images.device)


class Slic(ImageSegmenter):
    """SLIC (Achanta et al., 2012): k-means on colour (Lab of RGB; else the channels as they are) and place.

    Deterministic. The number of super-pixels found is near `n_segments`, seldom equal (100 on a 32x32 image: about 88).
    """

    n_segments: Annotated[int, Ge(1)] = 100
    """Super-pixels asked for."""
    compactness: Annotated[float, Gt(0)] = 10.0
    """Weight of place against colour; higher is squarer."""
    sigma: Annotated[float, Ge(0)] = 0.0
    """Width of the Gaussian that smooths the image first, in pixels."""
    max_num_iter: Annotated[int, Ge(1)] = 10
    """Rounds of k-means."""

    def cut(self, image: Image, seed: int) -> Labels:
        labels: Labels = slic(
            image,
            n_segments=self.n_segments,
            compactness=self.compactness,
            sigma=self.sigma,
            max_num_iter=self.max_num_iter,
            start_label=0,
            channel_axis=-1,
        )
        return labels
