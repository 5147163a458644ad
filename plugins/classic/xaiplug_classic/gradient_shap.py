"""GradientSHAP (Lundberg and Lee, 2017; Erion et al., 2021)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Query
from xaiplug.grad import path_gradients

_HELD = 2**25
"""Numbers of points held at once; how many of them go through the model together is `max_batch`."""


class GradientShap(Explainer):
    """Expected gradients: the gradient at a random place between a noisy input and a random reference.

    (1/n) Σᵢ (x̃ᵢ - rᵢ) ⊙ ∇f(rᵢ + αᵢ (x̃ᵢ - rᵢ)), x̃ᵢ = x + εᵢ, εᵢ ~ N(0, σ²), αᵢ ~ U(0,1), rᵢ one of the references
    (Erion et al., 2021, eq. 3; the noise is that of SHAP's and captum's GradientSHAP).

    For inputs x (B,*shape) and references (n,B,*shape) the result is (B,*shape), in units of the score. Its expectation
    without noise is that of `expected-ig` with many steps, and sums to the score less the references' mean score; a
    single result does so only where the gradient is constant. Draws come from each sample's own seed: captum repeats
    inputs and draws for the whole batch.

    >>> import xaiplug
    >>> xaiplug.explain(torch.nn.Linear(2, 1), torch.ones(1, 2), GradientShap(), references=torch.zeros(1, 1, 2)).level
    'input'
    """

    reads_only = True
    needs = ("references",)
    claims = ("dummy", "implementation-invariance", "linearity")

    samples: Annotated[int, Ge(1)] = 200
    """Draws per sample (n; SHAP's number, captum takes 5); one forward and one backward each."""
    sigma: Annotated[float, Ge(0)] = 0.0
    """Standard deviation of the noise, in units of the input."""

    def explain(self, query: Query) -> Tensor:
        total = torch.zeros_like(query.inputs)
        block = max(1, _HELD // query.inputs.numel())
        for first in range(0, self.samples, block):
            draws = [self._draw(query) for _ in range(min(block, self.samples - first))]
            points, ways = (torch.stack(parts) for parts in zip(*draws, strict=True))
            total += (ways * path_gradients(query, points)).sum(0)
        return total / self.samples

    def _draw(self, query: Query) -> tuple[Tensor, Tensor]:
        """A point (B,*shape) between a reference and the noisy input, and the way (B,*shape) from one to the other."""
        inputs, references = query.inputs, query.require("references")
        which = query.randint(len(references))
        reference = references[which, torch.arange(len(query), device=inputs.device)]
        share = query.uniform(*[1] * (inputs.ndim - 1))
        way = inputs - reference
        if self.sigma:
            way = way + self.sigma * query.normal(*inputs.shape[1:])
        return reference + share * way, way
