"""Infidelity (Yeh et al., 2019)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query

_HELD = 2**21
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
        slopes = slopes.expand_as(inputs).flatten(1)
        query = query.drawing("infidelity")
        told: list[Tensor] = []

        def changes() -> Tensor:
            seen = []
            for noise in self._noise(query, moved):
                told.append(_said(noise, slopes))
                seen.append(query.scores - self._scores(query, noise))
            return torch.cat(seen)

        seen = query.once("changes under noise", {"metric": self.describe(), "moved": moved}, changes)
        said = torch.cat(told or [_said(noise, slopes) for noise in self._noise(query, moved)])
        beta = (said * seen).sum(0) / (said**2).sum(0) if self.normalize else torch.ones_like(said[0])
        values = ((beta.nan_to_num() * said - seen) ** 2).mean(0)
        return MetricResult(values, unit=f"{query.target.scale}²", better="lower")

    def _noise(self, query: Query, moved: Tensor) -> Iterator[Tensor]:
        """The perturbations (samples,B,*shape), some at a time."""
        block = max(1, _HELD // query.inputs.numel())
        for first in range(0, self.samples, block):
            noise = query.normals(min(block, self.samples - first), *query.inputs.shape[1:])
            yield noise.mul_(self.sigma).mul_(moved)

    @staticmethod
    def _scores(query: Query, noise: Tensor) -> Tensor:
        """Scores (n,B) of the inputs less noise (n,B,*shape)."""
        rows = torch.arange(len(query), device=noise.device).repeat(len(noise))
        return query.score((query.inputs - noise).flatten(0, 1), rows).view(len(noise), -1)


def _said(noise: Tensor, slopes: Tensor) -> Tensor:
    """Change of the score (n,B) that slopes (B,D) say of noise (n,B,*shape)."""
    return torch.einsum("nbd,bd->nb", noise.flatten(2), slopes)
