"""LibraGrad (Mehri, Baghshah and Pilehvar, CVPR 2025)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from torch import Tensor

from xaiplug import Explainer, Explanation, Query, Use, use
from xaiplug_classic.balanced import balanced


class LibraGrad(Explainer):
    """Another method of gradients, through a transformer whose gates and denominators are constants backwards.

    Attention weights, the denominators of norms, and the gates g of y = x g(x) (GELU, SiLU, ...) weigh what passes.
    Their own derivatives make gradients say less, or more, than what passed; here they are left out of the backward
    pass, and nothing of the forward changes (after Mehri et al., CVPR 2025). What is left is linear in the input: for a
    network without biases, input x gradient then sums to the score exactly.

    Shapes, units and needs are those of `base`. A product of two branches (SwiGLU) and what is written out in
    elementary operations keep their derivatives.

    Raises:
        ModelError: a base that takes a transformer apart (attention-rollout, chefer, legrad).
    """

    reads_only = True

    base: Use[Explainer] = use("input-x-gradient")
    """The method: any that takes gradients of the score, or of a layer."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return self.base.needs

    @property
    def default_scale(self) -> str:  # type: ignore[override]
        return self.base.default_scale

    @property
    def signed(self) -> bool:  # type: ignore[override]
        return self.base.signed

    @property
    def min_groups(self) -> int:  # type: ignore[override]
        return self.base.min_groups

    @property
    def asks_first(self) -> bool:  # type: ignore[override]
        return self.base.asks_first

    def explain(self, query: Query) -> Tensor | Explanation:
        return self.base.explain(replace(query, model=balanced(query.model)))  # whose answers are those of the model
