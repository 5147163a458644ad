"""Super-pixels by scikit-image."""

from __future__ import annotations

import os
from abc import abstractmethod
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated, Any

import numpy as np
import torch
from annotated_types import Ge, Gt
from numpy.typing import NDArray
from skimage.color import rgb2gray
from skimage.filters import sobel
from skimage.segmentation import felzenszwalb, quickshift, slic, watershed
from torch import Tensor

from xaiplug import Segmenter

Image = NDArray[np.float64]
Labels = NDArray[np.integer[Any]]
THREADS = min(2, os.cpu_count() or 1)
"""Images cut at the same time; scikit-image computes outside Python's lock."""
LAB = 100.0
"""Range of the Lab colours that the segmenters' defaults were made for."""


def rgb(image: Image) -> Image:
    """Grey (H,W,1) as RGB, so that the same picture is cut alike; anything else as it is."""
    return np.repeat(image, 3, axis=2) if image.shape[2] == 1 else image


class ImageSegmenter(Segmenter):
    """Cuts each image on its own: (H,W,C) float64 in pixel space, [0,1]; any C, grey is C = 1."""

    @abstractmethod
    def cut(self, image: Image, seed: int) -> Labels:
        """Labels (H,W) of one image (H,W,C); numbers need not be contiguous."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        arrays = np.ascontiguousarray(images.detach().permute(0, 2, 3, 1).double().cpu().numpy())
        if len(arrays) == 1 or THREADS == 1:
            labels = [self.cut(*each) for each in zip(arrays, seeds.tolist(), strict=True)]
        else:
            with ThreadPoolExecutor(THREADS) as pool:
                labels = list(pool.map(self.cut, arrays, seeds.tolist()))
        return torch.from_numpy(np.stack(labels).astype(np.int64)).to(images.device)


class Slic(ImageSegmenter):
    """K-means on colour and place.

    SLIC (Achanta et al., 2012). Colour is Lab of RGB and grey; other channels count times 100.

    Deterministic. The number of super-pixels found is near `n_segments`, seldom equal (100 on a 32x32 image: about 88).
    """

    stochastic = False

    n_segments: Annotated[int, Ge(1)] = 100
    """Super-pixels asked for."""
    compactness: Annotated[float, Gt(0)] = 10.0
    """Weight of place against colour; higher is squarer."""
    sigma: Annotated[float, Ge(0)] = 0.0
    """Width of the Gaussian that smooths the image first, in pixels."""
    max_num_iter: Annotated[int, Ge(1)] = 10
    """Rounds of k-means."""
    target_groups: Annotated[int, Ge(1)] | None = None
    """Number of super-pixels to come nearest to, by bisection on `n_segments`, which then does not count."""

    def cut(self, image: Image, seed: int) -> Labels:
        if self.target_groups is None:
            return self._cut(image, self.n_segments)
        return nearest(lambda n: self._cut(image, round(n)), self.target_groups, 1, image[..., 0].size, rising=True)

    def _cut(self, image: Image, n_segments: int) -> Labels:
        labels: Labels = slic(
            rgb(image),
            n_segments=n_segments,
            compactness=self.compactness if image.shape[2] in (1, 3) else self.compactness / LAB,
            sigma=self.sigma,
            max_num_iter=self.max_num_iter,
            start_label=0,
            channel_axis=-1,
        )
        return labels


class Felzenszwalb(ImageSegmenter):
    """Greedy merging of a graph.

    The nodes are the pixels (Felzenszwalb and Huttenlocher, 2004). Deterministic.
    """

    stochastic = False

    scale: Annotated[float, Gt(0)] = 100.0
    """Higher merges more (k in the paper, for values up to 255)."""
    sigma: Annotated[float, Ge(0)] = 0.8
    """Width of the Gaussian that smooths the image first, in pixels."""
    min_size: Annotated[int, Ge(1)] = 20
    """Smallest super-pixel, in pixels."""
    target_groups: Annotated[int, Ge(1)] | None = None
    """Number of super-pixels to come nearest to, by bisection on `scale`, which then does not count."""

    def cut(self, image: Image, seed: int) -> Labels:
        if self.target_groups is None:
            return self._cut(image, self.scale)
        return nearest(lambda scale: self._cut(image, scale), self.target_groups, 1e-2, 1e6, rising=False)

    def _cut(self, image: Image, scale: float) -> Labels:
        labels: Labels = felzenszwalb(rgb(image), scale, self.sigma, self.min_size, channel_axis=-1)
        return labels


class Quickshift(ImageSegmenter):
    """Mode seeking in colour and place.

    Every pixel points to its nearest denser one (Vedaldi and Soatto, 2008); links above `max_dist` are cut.

    RGB and grey are compared in Lab, other channels times 100 (its range). The sample's seed breaks ties of density.
    """

    kernel_size: Annotated[float, Ge(1)] = 5.0
    """Width of the Gaussian of the density, in pixels."""
    max_dist: Annotated[float, Gt(0)] = 10.0
    """Longest link; higher is fewer super-pixels."""
    ratio: Annotated[float, Ge(0)] = 1.0
    """Weight of colour against place, 0 to 1."""
    target_groups: Annotated[int, Ge(1)] | None = None
    """Number of super-pixels: the longest links are cut until there are so many; `max_dist` then does not count."""

    def cut(self, image: Image, seed: int) -> Labels:
        colours = image.shape[2] in (1, 3)
        found = quickshift(
            rgb(image) if colours else LAB * image,
            ratio=self.ratio,
            kernel_size=self.kernel_size,
            max_dist=self.max_dist if self.target_groups is None else np.inf,
            return_tree=self.target_groups is not None,
            rng=seed % 2**31,
            convert2lab=colours,
            channel_axis=-1,
        )
        if self.target_groups is None:
            labels: Labels = found
            return labels
        parents, lengths = (np.asarray(part).ravel() for part in found[1:])
        return _cut_links(parents, lengths, self.target_groups).reshape(image.shape[:2])


class CompactWatershed(ImageSegmenter):
    """Flooding of the gradient from a grid of seeds.

    The gradient's magnitude is flooded, and the grid is regular (Neubert and Protzel, 2014). Deterministic.
    """

    stochastic = False

    markers: Annotated[int, Ge(1)] = 100
    """Seeds, about one super-pixel each."""
    compactness: Annotated[float, Ge(0)] = 0.001
    """Weight of place; higher is squarer."""
    target_groups: Annotated[int, Ge(1)] | None = None
    """Number of super-pixels to come nearest to, by bisection on `markers`, which then does not count."""

    def cut(self, image: Image, seed: int) -> Labels:
        gradient = sobel(rgb2gray(rgb(image)) if image.shape[2] in (1, 3) else image.mean(2))
        if self.target_groups is None:
            return self._cut(gradient, self.markers)
        return nearest(lambda n: self._cut(gradient, round(n)), self.target_groups, 1, gradient.size, rising=True)

    def _cut(self, gradient: Image, markers: int) -> Labels:
        labels: Labels = watershed(gradient, markers=markers, compactness=self.compactness)
        return labels


def nearest(
    cut: Callable[[float], Labels], wanted: int, low: float, high: float, *, rising: bool, rounds: int = 16
) -> Labels:
    """The labels whose number of groups is nearest to `wanted`, by bisection of log(parameter) in [low, high]."""
    best: tuple[int, Labels] | None = None
    for _ in range(rounds):
        middle = float(np.sqrt(low * high))
        labels = cut(middle)
        count = len(np.unique(labels))
        if best is None or abs(count - wanted) < best[0]:
            best = abs(count - wanted), labels
        if count == wanted or high / low < 1 + 1e-3:
            break
        low, high = (middle, high) if (count < wanted) == rising else (low, middle)
    assert best is not None
    return best[1]


def _cut_links(parents: NDArray[Any], lengths: NDArray[Any], wanted: int) -> Labels:
    """Trees of a forest after its longest links are cut, `wanted` of them if there are no more roots than that."""
    places = np.arange(len(parents))
    heads = np.where(parents == places, np.inf, lengths)
    kept = np.ones(len(parents), dtype=bool)
    kept[np.argsort(-heads, kind="stable")[: max(wanted, int(np.isinf(heads).sum()))]] = False
    roots = np.where(kept, parents, places)
    while True:
        further = roots[roots]
        if (further == roots).all():
            return roots
        roots = further
