"""CAFO (Singla, Wallace, Feng and Feizi, 2019)."""

from __future__ import annotations

from torch import Tensor

from xaiplug import Query
from xaiplug.grad import path_gradients
from xaiplug_classic.context import ContextAware, shrunk


class Cafo(ContextAware):
    """The small change that moves a linear loss most.

    max_Δ gᵀΔ - λ₁‖Δ‖₁ - λ₂‖Δ‖², g the gradient of the loss (Singla et al., 2019, eq. 4): S_λ₁(g) / (2λ₂).

    S is the soft threshold; the authors approach the same point in ten proximal steps. The result (B,*shape) is -Δ, in
    units of the input. With λ₁ = 0 it is the gradient of the score, scaled.

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[3.0, -0.5]]))
    >>> xaiplug.explain(net, torch.ones(1, 2), Cafo(l1=1.0, l2=0.5)).attribution
    tensor([[2., -0.]])
    """

    @property
    def claims(self) -> tuple[str, ...]:  # type: ignore[override]
        """Linear where nothing is shrunk away."""
        held = ("dummy", "implementation-invariance")
        held = held if self.smooth else (*held, "symmetry")
        return held if self.l1 else (*held, "linearity")

    @property
    def asks_first(self) -> bool:  # type: ignore[override]
        return self.smooth

    def explain(self, query: Query) -> Tensor:
        gradient = path_gradients(query, self.copies(query)).mean(0) if self.smooth else query.gradient()
        return shrunk(gradient, self.l1) / self.stiffness
