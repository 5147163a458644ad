"""Plain gradient methods: one forward and one backward per sample."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xaiplug import Explainer

if TYPE_CHECKING:
    from torch import Tensor

    from xaiplug import Query


class Gradient(Explainer):
    """Gradient of the target score.

    ∇f(x), signed (Simonyan et al., 2014, Sec. 3; no absolute value, no maximum over channels).

    For inputs x (B,*shape) and the target score f, the result is (B,*shape), in units of the score per unit of input.

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(2, 1)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[2.0, -3.0]]))
    >>> xaiplug.explain(net, torch.ones(1, 2), Gradient()).attribution
    tensor([[ 2., -3.]])
    """

    reads_only = True
    claims = ("dummy", "implementation-invariance", "linearity", "symmetry")
    asks_first = False

    def explain(self, query: Query) -> Tensor:
        return query.gradient()


class InputXGradient(Explainer):
    """Gradient of the target score, times the input.

    x ⊙ ∇f(x) (Shrikumar et al., 2016), with x in pixel space: a black pixel always gets 0.

    For inputs x (B,*shape) and the target score f, the result is (B,*shape), in units of the score. It sums to
    f(x) - f(0) where f is affine, and to nothing in particular elsewhere.
    """

    reads_only = True
    claims = ("dummy", "implementation-invariance", "linearity", "symmetry")
    asks_first = False

    def explain(self, query: Query) -> Tensor:
        return query.inputs * query.gradient()
