"""SmoothGrad (Smilkov et al., 2017)."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Query
from xaiplug.errors import ComponentError
from xaiplug.grad import path_gradients

_HELD = 2**25
"""Numbers of noisy copies held at once; how many of them go through the model together is `max_batch`."""


class SmoothGrad(Explainer):
    """Mean gradient over noisy copies of the input.

    (1/n) Σᵢ ∇f(x + εᵢ), εᵢ ~ N(0, σ²) (Smilkov et al., 2017), signed.

    For inputs x (B,*shape) and the target score f, the result is (B,*shape), in units of the score per unit of input.
    Each sample's noise comes from its own seed, so it does not depend on the batch.

    Raises:
        ComponentError: `relative_to="model"`, and the model does not know its input range.
    """

    reads_only = True
    claims = ("dummy", "implementation-invariance", "linearity")

    samples: Annotated[int, Ge(1)] = 50
    """Noisy copies per sample (n in the paper); one forward and one backward each."""
    sigma: Annotated[float, Ge(0)] = 0.15
    """Standard deviation of the noise, as a share of the input range (the paper's noise level, 10 to 20 %)."""
    relative_to: Literal["sample", "model"] = "sample"
    """The input range: each sample's own maximum minus minimum (the paper), or the model's `input_range`."""

    def explain(self, query: Query) -> Tensor:
        sigma = self.sigma * self._range(query)
        total = torch.zeros_like(query.inputs)
        block = max(1, _HELD // query.inputs.numel())
        for first in range(0, self.samples, block):
            noise = query.normals(min(block, self.samples - first), *query.inputs.shape[1:])
            total += path_gradients(query, query.inputs + sigma * noise).sum(0)
        return total / self.samples

    def _range(self, query: Query) -> Tensor:
        shape = (len(query), *[1] * (query.inputs.ndim - 1))
        if self.relative_to == "sample":
            flat = query.inputs.flatten(1)
            return (flat.amax(1) - flat.amin(1)).view(shape)
        if query.model.input_range is None:
            raise ComponentError(
                f"smoothgrad: model '{query.model.name}' does not know its input range; "
                "use relative_to='sample', or Model(..., input_range=(0, 1))"
            )
        low, high = query.model.input_range
        return query.inputs.new_full(shape, high - low)
