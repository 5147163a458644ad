"""What CAFO and CASO share: the penalties, the noisy copies, and shrinkage."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explainer, Query

Convention = Literal["paper", "code"]


class ContextAware(Explainer):
    """Finds the change Δ of the input that raises the loss most for its size (Singla et al., 2019, eq. 3 to 5).

    The loss is minus the score: with the default scale, log-probability, it is the cross-entropy. What is returned is
    -Δ, so that positive raises the score, as everywhere.
    """

    reads_only = True

    default_scale = "log_probability"

    l1: Annotated[float, Ge(0)] = 0.0
    """Penalty on ‖Δ‖₁ (λ₁)."""
    l2: Annotated[float, Gt(0)] = 20.0
    """Penalty on ‖Δ‖² (λ₂)."""
    l2_convention: Convention = "paper"
    """paper: λ₂‖Δ‖²; code: ½λ₂‖Δ‖² (the authors' code)."""
    smooth: bool = False
    """Mean derivatives over noisy copies, as in SmoothGrad."""
    samples: Annotated[int, Ge(1)] = 16
    """Noisy copies, where smooth."""
    sigma: Annotated[float, Ge(0)] = 0.15
    """Standard deviation of the noise, as a share of each sample's maximum minus minimum."""

    @property
    def stiffness(self) -> float:
        """κ, where the penalty is ½κ‖Δ‖²."""
        return 2 * self.l2 if self.l2_convention == "paper" else self.l2

    def copies(self, query: Query) -> Tensor:
        """Where derivatives are taken: (N,B,*shape), the inputs themselves or noisy copies of them."""
        x = query.inputs
        if not self.smooth:
            return x[None]
        span = (x.flatten(1).amax(1) - x.flatten(1).amin(1)).view(-1, *[1] * (x.ndim - 1))
        noise = query.normals(self.samples, *x.shape[1:])
        return x + self.sigma * span * noise


def shrunk(values: Tensor, threshold: float | Tensor) -> Tensor:
    """Soft threshold: sign(v) max(|v| - threshold, 0).

    >>> import torch
    >>> shrunk(torch.tensor([-3.0, 0.5, 2.0]), 1.0)
    tensor([-2., 0., 1.])
    """
    return values.sign() * (values.abs() - threshold).clamp(min=0)
