"""Structural similarity (Wang et al., 2004) of the maps of several models."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import torch
from annotated_types import Gt
from torch import Tensor
from torchmetrics.functional.image import structural_similarity_index_measure

from xaiplug import MetricResult, PairMetric, View
from xaiplug.errors import ShapeError
from xaiplug_stability.maps import Normalise, map_of, normalised, pairs

Border = Literal["within", "mirrored"]


class Ssim(PairMetric):
    """Structural similarity of the maps of every two models; higher is better.

    SSIM, values (B,) in [-1,1]: the mean over the pairs. A map is reduced to (H,W), taken to [0,1] on its own, and
    compared with data range 1 (torchmetrics; Gaussian window, σ = 1.5, 11 pixels). The normalisation can decide a
    comparison: print both. Without one SSIM means nothing: two maps s and -s of scale 1e-4 have .99995.

    Raises:
        ShapeError: maps that are no images, or smaller than the window.
    """

    normalize: Normalise = "p99"
    """Cut at each map's 99th percentile, or minimum to 0 and maximum to 1."""
    channels: Literal["abs-sum", "abs-max", "l2"] = "abs-sum"
    """How channels become one value."""
    sigma: Annotated[float, Gt(0)] = 1.5
    """Width of the Gaussian window in pixels; the window has 2 round(3.5 σ) + 1."""
    border: Border = "mirrored"
    """A window a pixel, the map mirrored at its edge; or windows within the map alone, of 32 pixels the middle 22."""

    def compare(self, views: Sequence[View]) -> MetricResult:
        found = [
            ssim(*(normalised(map_of(view, self.channels), self.normalize) for view in pair), self.sigma, self.border)
            for pair in pairs(views)
        ]
        return MetricResult(torch.stack(found).mean(0), unit=f"SSIM after {self.normalize}", better="higher")


def ssim(one: Tensor, two: Tensor, sigma: float = 1.5, border: Border = "mirrored") -> Tensor:
    """SSIM (B,) of maps (B,H,W) in [0,1]; symmetric, and 1 for equal maps; NaN where both are constant.

    Args:
        border: the mean is over a window a pixel, the maps mirrored at their edge; or over those within them.

    >>> maps = torch.rand(2, 16, 16)
    >>> ssim(maps, maps)
    tensor([1., 1.])

    Raises:
        ShapeError: no (B,H,W), or smaller than the window.
    """
    window = 2 * int(3.5 * sigma + 0.5) + 1
    if one.ndim != 3 or min(one.shape[1:]) < window:
        raise ShapeError(f"SSIM compares maps (B,H,W) of at least {window} pixels a side, got {tuple(one.shape)}")
    _, everywhere = structural_similarity_index_measure(
        one.unsqueeze(1), two.unsqueeze(1), sigma=sigma, reduction="none", data_range=1.0, return_full_image=True
    )
    edge = window // 2 if border == "within" else 0
    kept = everywhere[..., edge : one.shape[1] - edge, edge : one.shape[2] - edge]
    values = kept.flatten(1).mean(1)
    flat = torch.stack([(x.flatten(1) == x.flatten(1)[:, :1]).all(1) for x in (one, two)]).all(0)
    return values.masked_fill(flat, torch.nan)
