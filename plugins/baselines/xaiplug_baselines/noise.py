"""Baselines of noise; each sample's draws come from its own seed."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Baseline, Query
from xaiplug.errors import ComponentError


class UniformNoise(Baseline):
    """Uniform pixels.

    Independent values, (n,B,*shape).

    Raises:
        ComponentError: low > high.
    """

    reads_only = True
    n: Annotated[int, Ge(1)] = 1
    """Baselines per sample."""
    low: float = 0.0
    """Lowest value."""
    high: float = 1.0
    """Highest value."""

    def build(self, query: Query) -> Tensor:
        if self.low > self.high:
            raise ComponentError(f"uniform-noise: low={self.low} is above high={self.high}")
        draws = torch.stack([query.uniform(*query.inputs.shape[1:]) for _ in range(self.n)])
        return self.low + (self.high - self.low) * draws


class GaussianNoise(Baseline):
    """The input and normal noise.

    x + N(0, sigma²) per scalar, (n,B,*shape); images are cut to pixel space [0,1] (Sturmfels et al., 2020).
    """

    reads_only = True
    n: Annotated[int, Ge(1)] = 1
    """Baselines per sample."""
    sigma: Annotated[float, Gt(0)] = 0.5
    """Standard deviation of the noise, in units of the input."""

    def build(self, query: Query) -> Tensor:
        draws = query.normals(self.n, *query.inputs.shape[1:])
        noisy = query.inputs + self.sigma * draws
        return noisy.clamp(0, 1) if query.inputs.ndim == 4 else noisy
