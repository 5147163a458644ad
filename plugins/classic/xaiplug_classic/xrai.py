"""XRAI (Kapishnikov, Bolukbasi, Viégas and Terry, 2019)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt, Lt, MinLen
from skimage.morphology import isotropic_dilation
from skimage.segmentation import felzenszwalb
from torch import Tensor
from torch.nn.functional import interpolate

from xaiplug import Explainer, Explanation, Query, Use, use
from xaiplug.errors import ShapeError


class Xrai(Explainer):
    """Regions by the density of their attribution.

    Algorithm 1; every pixel gets the density of the region it came with. The image is cut by Felzenszwalb's method at
    several scales, and the segments of all scales are grown by `dilation`. From an empty region, the segment whose new
    pixels have the highest mean attribution is added until none adds `min_new`; what is left gets its own mean. The
    result is (B,1,H,W) in the units of the base, per pixel; it sums to what the base sums to.

    The paper takes integrated gradients from black and from white: that is `baseline="black-white"`.

    The authors' code (PAIR's `saliency`) gives the same map at 224 pixels with channels="max": by default it takes the
    largest channel, where a sum keeps what the base sums to. Two things differ at other sizes: it dilates by 5 pixels
    of the image and wants 50 new ones, whatever its size; here both go with the size of the image.

    Raises:
        ShapeError: the inputs are no images.
    """

    reads_only = True
    base: Use[Explainer] = use("integrated-gradients", steps=100)
    """The explainer whose map is gathered into regions."""
    scales: Annotated[tuple[Annotated[float, Gt(0)], ...], MinLen(1)] = (50.0, 100.0, 150.0, 250.0, 500.0, 1200.0)
    """Scales of the segmentations; larger gives larger segments."""
    sigma: Annotated[float, Ge(0)] = 0.8
    """Width of the Gaussian that smooths the image first, in pixels of `side`."""
    min_size: Annotated[int, Ge(1)] = 150
    """Least size of a segment, in pixels of `side`."""
    dilation: Annotated[float, Ge(0)] = 5.0
    """Radius by which segments grow, in pixels of `side`."""
    side: Annotated[int, Ge(8)] | None = 224
    """Images are cut at this size, and labels brought back (nearest); None = at their own."""
    min_new: Annotated[float, Ge(0), Lt(1)] = 0.001
    """A segment must add more than this share of the image."""
    channels: Literal["sum", "max"] = "sum"
    """One value a pixel: the sum over channels, or the largest."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return self.base.needs

    @property
    def claims(self) -> Collection[str]:  # type: ignore[override]
        return tuple(claim for claim in ("implementation-invariance",) if claim in self.base.claims)

    @property
    def signed(self) -> bool:  # type: ignore[override]
        return self.base.signed

    @property
    def default_scale(self) -> str:  # type: ignore[override]
        return self.base.default_scale

    def explain(self, query: Query) -> Tensor:
        if query.inputs.ndim != 4:
            raise ShapeError(f"xrai explains images (B,C,H,W), got {tuple(query.inputs.shape)}")
        answer = self.base.explain(query)
        given = Explanation(answer) if isinstance(answer, Tensor) else answer
        values = given.validate(query).on_inputs(tuple(query.inputs.shape[1:]))
        density = values.sum(1) if self.channels == "sum" else values.amax(1)
        maps = [by_regions(row, self.segments(x), self.min_new) for row, x in zip(density, query.inputs, strict=True)]
        return torch.stack(maps).unsqueeze(1)

    def segments(self, image: Tensor) -> Tensor:
        """Segments (M,H,W) bool of an image (C,H,W), of all scales, grown; equal ones once.

        The scales are meant for an image between -1 and 1 (the authors' code), so its own range is stretched to that.
        """
        size, (low, high) = tuple(image.shape[1:]), image.aminmax()
        image = 2 * (image - low) / torch.where(high > low, high - low, 1) - 1
        if self.side is not None:
            image = interpolate(image[None], (self.side, self.side), mode="bilinear", align_corners=False)[0]
        array = image.permute(1, 2, 0).double().cpu().numpy().round(6)  # the same in float32 and float64
        found: dict[bytes, Tensor] = {}
        for scale in self.scales:
            labels = felzenszwalb(array, scale=scale, sigma=self.sigma, min_size=self.min_size, channel_axis=-1)
            for label in range(int(labels.max()) + 1):
                mask = isotropic_dilation(labels == label, self.dilation)
                key = np.packbits(mask).tobytes()
                if key not in found:
                    small = torch.from_numpy(mask)[None, None].float()
                    found[key] = interpolate(small, size, mode="nearest")[0, 0] > 0
        return torch.stack(list(found.values())).to(image.device)


def by_regions(density: Tensor, segments: Tensor, min_new: float = 0.0) -> Tensor:
    """Greedy regions: density (H,W) gathered over segments (M,H,W) bool; every pixel has the mean it was added with.

    Every pixel is added once and sums are kept up to date with what goes, so that the whole costs O(M·H·W).

    >>> top, left = torch.zeros(2, 2, 2, dtype=torch.bool)
    >>> top[0], left[:, 0] = True, True
    >>> by_regions(torch.tensor([[1.0, 5], [2, -4]]), torch.stack([top, left]))
    tensor([[ 3.,  3.],
            [ 2., -4.]])
    """
    wide = torch.promote_types(density.dtype, torch.float32)  # 16 bits do not count the pixels of a segment
    values, masks = density.flatten().to(wide), segments.flatten(1).to(wide)
    sums, sizes = masks @ values, masks.sum(1)
    left = torch.ones_like(values, dtype=torch.bool)
    result = torch.zeros_like(values)
    least = min_new * values.numel()
    while bool((adds := sizes > max(least, 0.5)).any()):
        means = (sums / sizes.clamp(min=1)).masked_fill(~adds, -torch.inf)
        best = int(means.argmax())
        new = ((masks[best] > 0) & left).nonzero().flatten()
        result[new] = values[new].mean()
        left[new] = False
        gone = masks[:, new]
        sums, sizes = sums - gone @ values[new], sizes - gone.sum(1)
    if bool(left.any()):
        result[left] = values[left].mean()
    return result.to(density.dtype).view_as(density)
