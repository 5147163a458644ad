"""Infidelity (Yeh et al., 2019)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query

_HELD = 2**25
"""Numbers of perturbed inputs held at once."""


class Infidelity(Metric):
    """Squared error of the attribution as a linear model of the score under noise; lower is better.

    E_I[(β Iᵀφ - (f(x) - f(x - I)))²], I ~ N(0, sigma²) per scalar (Yeh et al., 2019, Definition 2.1).

    φ is the attribution, and β = E[Δ Iᵀφ] / E[(Iᵀφ)²] the scale that fits it best where `normalize` is on (the authors'
    code), else 1. The value (B,) is in squared units of the score; 0 for a linear f and its terms.

    An attribution that already has x - x' in it (integrated gradients, Shapley values, DeepLIFT) is compared per unit
    of input, φ / (x - x'), as captum does; scalars where x = x' are left as they are. Say `times_input=False` for a
    plain gradient. Maps without channels, and groups, give every scalar their position's value.
    """

    reads_only = True
    samples: Annotated[int, Ge(1)] = 1000
    """Perturbations per sample; captum's 10 are too few."""
    sigma: Annotated[float, Gt(0)] = 0.2
    """Standard deviation of the perturbation, in units of the input."""
    normalize: bool = True
    """Fit the scale β of the attribution; without it the value depends on the attribution's scale."""
    times_input: bool = True
    """The attribution has the factor x - x' in it, x' the baseline."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return ("baseline",) if self.times_input else ()

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        inputs = query.inputs
        slopes = explanation.on_inputs(tuple(inputs.shape[1:])).to(inputs.dtype)
        slopes = slopes.unsqueeze(-1) if slopes.ndim < inputs.ndim else slopes
        moved = torch.ones_like(inputs)
        if self.times_input:
            way = inputs - query.require("baseline").mean(0)
            moved = (way != 0).to(inputs.dtype)
            slopes = slopes * moved / torch.where(way == 0, 1, way)
        told, seen = self._changes(query, slopes.expand_as(inputs), moved)
        beta = (told * seen).sum(0) / (told**2).sum(0) if self.normalize else torch.ones_like(told[0])
        values = ((beta.nan_to_num() * told - seen) ** 2).mean(0)
        return MetricResult(values, unit=f"{query.target.scale}²", better="lower")

    def _changes(self, query: Query, slopes: Tensor, moved: Tensor) -> tuple[Tensor, Tensor]:
        """What the attribution says and what the score does, (samples,B) each."""
        told: list[Tensor] = []
        seen: list[Tensor] = []
        rows = torch.arange(len(query), device=slopes.device)
        block = max(1, _HELD // query.inputs.numel())
        for first in range(0, self.samples, block):
            count = min(block, self.samples - first)
            noise = torch.stack([query.normal(*query.inputs.shape[1:]) for _ in range(count)])
            noise = self.sigma * moved * noise
            told.append((noise * slopes).flatten(2).sum(2))
            score = query.score((query.inputs - noise).flatten(0, 1), rows.repeat(count)).view(count, -1)
            seen.append(query.scores - score)
        return torch.cat(told), torch.cat(seen)
