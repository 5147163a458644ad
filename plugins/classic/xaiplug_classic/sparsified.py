"""Sparsified SmoothGrad (Levine, Singla and Feizi, 2019)."""

from __future__ import annotations

import math
from typing import Annotated

import torch
from annotated_types import Ge, Le
from torch import Tensor

from xaiplug import Query
from xaiplug.errors import ComponentError
from xaiplug.grad import path_gradients
from xaiplug_classic import smoothgrad
from xaiplug_classic.smoothgrad import SmoothGrad


class SparsifiedSmoothGrad(SmoothGrad):
    """How often a feature is among the strongest gradients of noisy copies.

    (1/n) Σᵢ top(|∇f(x + εᵢ)|), where top is 1 on the ⌊τd⌋ largest of a sample's d scalars and 0 elsewhere.

    For inputs x (B,*shape) the result is (B,*shape) in [0,1], the share of the noisy copies in which a scalar is among
    the strongest; a strength without sign or unit. It sums to ⌊τd⌋ for every sample
    (relaxed, to no less). Noise as in `smoothgrad`, from
    each sample's own seed.
    """

    claims = ("implementation-invariance",)
    signed = False

    tau: Annotated[float, Ge(0), Le(1)] = 0.1
    """Share of the scalars that a noisy copy marks."""
    gamma: Annotated[float, Ge(0), Le(1)] | None = None
    """Relaxed: marks rise from 0 at the share γ >= τ of the largest magnitudes to 1 at the share τ; None = a step."""

    def __post_init__(self) -> None:
        if self.gamma is not None and self.gamma < self.tau:
            raise ComponentError(f"sparsified-smoothgrad: gamma {self.gamma} is below tau {self.tau}")

    def explain(self, query: Query) -> Tensor:
        sigma = self.sigma * self._range(query)
        total = torch.zeros_like(query.inputs)
        block = max(1, smoothgrad._HELD // query.inputs.numel())
        for first in range(0, self.samples, block):
            noise = query.normals(min(block, self.samples - first), *query.inputs.shape[1:])
            total += self._marks(path_gradients(query, query.inputs + sigma * noise)).sum(0)
        return total / self.samples

    def _marks(self, gradients: Tensor) -> Tensor:
        return strongest(gradients, self.tau) if self.gamma is None else ramp(gradients, self.tau, self.gamma)


def strongest(gradients: Tensor, tau: float) -> Tensor:
    """1 on the ⌊τd⌋ scalars of largest magnitude of each of gradients (P,B,*shape), else 0; NaN stays NaN.

    >>> strongest(torch.tensor([[[1.0, -5, 2, 0]]]), 0.5)
    tensor([[[0., 1., 1., 0.]]])
    """
    flat = gradients.flatten(2)
    count = math.floor(tau * flat.shape[2] + 1e-9)
    chosen = flat.abs().topk(count, dim=2).indices
    marks = torch.zeros_like(flat).scatter_(2, chosen, 1.0)
    return marks.masked_fill_(~flat.isfinite(), torch.nan).view_as(gradients)


def ramp(gradients: Tensor, tau: float, gamma: float) -> Tensor:
    """Marks in [0,1] of gradients (P,B,*shape): a straight line in |∇f|, cut at 0 and 1.

    1 from the ⌈τd⌉-th largest magnitude of the sample's d scalars up, 0 from the ⌈γd⌉-th down (Levine et al., 2019, the
    relaxed version); where the two magnitudes are equal, 1 from there up. NaN stays NaN.

    >>> ramp(torch.tensor([[[1.0, -5, 2, 0]]]), 0.25, 1.0)
    tensor([[[0.2000, 1.0000, 0.4000, 0.0000]]])
    """
    flat = gradients.flatten(2).abs()
    ordered = flat.sort(dim=2, descending=True).values
    last = flat.shape[2] - 1
    one, zero = (
        ordered[..., min(last, max(0, math.ceil(share * (last + 1) - 1e-9) - 1)), None] for share in (tau, gamma)
    )
    line = ((flat - zero) / (one - zero)).clamp(0, 1)
    return (
        torch.where(one > zero, line, (flat >= one).to(flat)).masked_fill_(flat.isnan(), torch.nan).view_as(gradients)
    )
