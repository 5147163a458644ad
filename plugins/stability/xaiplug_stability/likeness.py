"""How alike two maps of one explainer are."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from xaiplug import Explanation
from xaiplug_stability.distances import spearman
from xaiplug_stability.maps import normalised, reduced
from xaiplug_stability.similarity import ssim

Likeness = Literal["rank", "rank-abs", "ssim"]


def alike(one: Explanation, other: Explanation, shape: tuple[int, ...], kind: Likeness) -> Tensor:
    """Likeness (B,) of two explanations of inputs (B,*shape), 1 where the maps are one.

    `rank` is Spearman's ρ of the signed values, `rank-abs` of their magnitudes, `ssim` of magnitudes summed over
    channels, each map cut at its 99th percentile. ρ of a constant map is 0.

    Raises:
        ShapeError: `ssim` of what is no image.
    """
    maps = [found.on_inputs(shape) for found in (one, other)]
    if kind == "ssim":
        return ssim(*(normalised(reduced(values, shape, "abs-sum"), "p99") for values in maps))
    if kind == "rank-abs":
        maps = [values.abs() for values in maps]
    return spearman(*(values.flatten(1) for values in maps))


def entropy(values: Tensor, bins: int) -> Tensor:
    """Entropy (B,) in nats of the histogram of values (B,n), `bins` equal ones between each row's ends.

    >>> entropy(torch.tensor([[0.0, 0, 1, 1], [0, 0, 0, 4], [5, 5, 5, 5]]), 4)
    tensor([0.6931, 0.5623, 0.0000])
    """
    low, high = values.aminmax(dim=1, keepdim=True)
    span = torch.where(high > low, high - low, 1)
    places = ((values - low) / span * bins).long().clamp(max=bins - 1)
    counts = torch.zeros(len(values), bins, dtype=values.dtype, device=values.device)
    counts.scatter_add_(1, places, torch.ones_like(values))
    return torch.special.entr(counts / values.shape[1]).sum(1)
