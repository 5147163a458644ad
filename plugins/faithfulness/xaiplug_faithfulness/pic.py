"""Performance information curves (Kapishnikov, Bolukbasi, Viégas and Terry, 2019)."""

from __future__ import annotations

import io
from typing import Annotated

import numpy as np
import torch
from annotated_types import Ge, Gt, Le, Lt
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug.errors import ComponentError
from xaiplug_faithfulness.units import unit_values, units_of

_POINTS = 101
"""Points of a curve; between its knots it is straight."""


class Pic(Metric):
    """Area under the probability against the information in the image; higher is better.

    The probability is that of the explained class.

    From the baseline (the authors: a blurred image), the `shares` of the strongest pixels are put in. An image with
    them holds h bytes as lossless WebP and gets the score p. With those of the baseline h₀, p₀ and of the whole image
    h₁, p₁, the curve goes through ((h - h₀)/(h₁ - h₀), max so far of (p - p₀)/(p₁ - p₀)), both cut to [0,1], from (0,0)
    to (1,1). Pixels are ranked by |a| summed over channels.

    Values (B,) in [0,1]; NaN where it is undefined: p₁ < `min_score`, p₀ >= p₁, or h₀ >= h₁. `curve` (B,T) against
    `steps` (T,), the share of the information, where every sample has one.

    Raises:
        ComponentError: the inputs are no images of one or three channels, or Pillow was built without WebP.
    """

    reads_only = True
    needs = ("baseline",)
    default_scale = "probability"

    shares: tuple[Annotated[float, Gt(0), Lt(1)], ...] = (
        *(0.005, 0.01, 0.02, 0.03, 0.04, 0.05, 0.07, 0.10, 0.13, 0.21, 0.34, 0.5, 0.75),
    )
    """Shares of the pixels that are put in (the authors' thresholds)."""
    min_score: Annotated[float, Ge(0), Le(1)] = 0.8
    """Images of a lower score have no curve (the authors' 0.8)."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        images = query.inputs
        if images.ndim != 4 or images.shape[1] not in (1, 3):
            raise ComponentError(f"pic: needs images (B,1,H,W) or (B,3,H,W), got {tuple(images.shape)}")
        baseline = query.require("baseline")[0]
        strongest = explanation.replace(attribution=explanation.attribution.abs())
        values = unit_values(query, strongest, units_of(query, "pixel", 1))
        rank = values.argsort(dim=1, descending=True, stable=True).argsort(1)
        counts = [0, *(max(1, round(share * rank.shape[1])) for share in sorted(self.shares)), rank.shape[1]]
        scores, sizes = [], []
        for count in counts:
            shown = (rank < count).view(len(images), 1, *images.shape[2:])
            mixed = torch.where(shown, images, baseline)
            scores.append(query.score(mixed))
            sizes.append(torch.tensor([_bytes(image) for image in mixed]).to(images))
        return self._result(torch.stack(scores, 1), torch.stack(sizes, 1))

    def _result(self, score: Tensor, size: Tensor) -> MetricResult:
        """Scores and sizes (B,K) from the baseline to the whole image."""
        defined = (score[:, -1] >= self.min_score) & (score[:, 0] < score[:, -1]) & (size[:, 0] < size[:, -1])
        curve = torch.stack([_curve(p, h) for p, h in zip(_share(score), _share(size), strict=True)])
        steps = torch.linspace(0, 1, _POINTS, dtype=score.dtype, device=score.device)
        area = torch.trapezoid(curve, steps).masked_fill(~defined, torch.nan)
        if not bool(defined.all()):
            return MetricResult(area, better="higher")
        return MetricResult(area, curve=curve, steps=steps, unit="share of the information", better="higher")


def _share(values: Tensor) -> Tensor:
    """(B,K): where values lie between the first and the last, cut to [0,1]."""
    first, last = values[:, :1], values[:, -1:]
    return ((values - first) / torch.where(last == first, 1, last - first)).clamp(0, 1)


def _curve(performance: Tensor, information: Tensor) -> Tensor:
    """Rising performance (K,) over information (K,), at even steps (T,) from (0,0) to (1,1)."""
    order = information.argsort(stable=True)
    known = information[order].double().cpu().numpy(), performance[order].cummax(0).values.double().cpu().numpy()
    x, y = (np.concatenate([[0.0], part, [1.0]]) for part in known)
    return torch.from_numpy(np.interp(np.linspace(0, 1, _POINTS), x, y)).to(performance)


def _bytes(image: Tensor) -> int:
    """Size of an image (C,H,W) in [0,1] as lossless WebP."""
    from PIL import Image, features

    if not features.check("webp"):
        raise ComponentError("pic: Pillow was built without WebP; install a Pillow wheel")
    pixels = image.float().clamp(0, 1).mul(255).round().byte().cpu().permute(1, 2, 0).numpy()
    buffer = io.BytesIO()
    Image.fromarray(pixels.squeeze(2) if pixels.shape[2] == 1 else pixels).save(
        buffer, format="webp", lossless=True, quality=100
    )
    return buffer.tell()
