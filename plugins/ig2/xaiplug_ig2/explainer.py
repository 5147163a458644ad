"""IG² and GradCFE (Zhuo and Ge, 2024)."""

from __future__ import annotations

from collections.abc import Collection

from xaiplug import Explainer, Explanation, Query
from xaiplug_ig2.descent import GradPath
from xaiplug_ig2.ops import Rule
from xaiplug_ig2.probe import OUTPUT


class IG2(GradPath, Explainer):
    """Gradients along the path on which the representation descends to that of references; their mean.

    Σⱼ (x_j - x_{j+1}) ⊙ ∇f(x_j) along GradPath, eq. (3) and (8); with n references, their mean (eq. 19).

    GradPath goes from the explicand x = x_0 downhill on the distance of its representation f̃ to that of a reference
    x^r, in k steps of a fixed length; where it ends is the counterfactual GradCF = x_k. For inputs (B,*shape) and
    references (n,B,*shape), the result is (B,*shape) in units of the score. It sums to f(x) - mean f(GradCF) but for
    the error of the integral, which is `residual` (B,); `base_score` (B,) is mean f(GradCF). A reference equal to the
    input gives zeros.

    `extras`: `path_score` and `path_loss` (B,n,k+1), score and distance at x_0 ... x_k; with `keep`,
    `counterfactual` (B,n,*shape).

    One forward and two vector-Jacobian products a step and reference; the paper's two stages are one pass.

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[3.0, 4.0]]))
    >>> method = IG2(steps=10, step_size=0.1, representation="output")
    >>> xaiplug.explain(net, torch.ones(1, 2), method, references=torch.zeros(2)).attribution
    tensor([[1.8000, 3.2000]])

    Raises:
        ComponentError: no references. DataError: inputs outside `input_range`. ModelError: no such representation.
    """

    needs = ("references",)

    rule: Rule = "trapezoid"
    """Where on a step the gradient is taken: both ends, its start (left, the published code), its end, or between."""
    keep: bool = False
    """Put the counterfactuals into `extras`, as `cf-validity` and `cf-distance` want them."""

    @property
    def claims(self) -> Collection[str]:  # type: ignore[override]
        exact = ("completeness",) if self.rule in ("trapezoid", "midpoint") else ()
        return ("dummy", *exact, *(("implementation-invariance", "symmetry") if self.representation == OUTPUT else ()))

    def explain(self, query: Query) -> Explanation:
        return self.descend(query, query.require("references"), self.rule).explanation(query, keep=self.keep)


class GradCFExplanation(GradPath, Explainer):
    """The input minus its counterfactual on the representation's descent; in units of the input.

    x - GradCF, eq. (6): what the input has and its counterfactual has not; the mean over n references.

    For inputs (B,*shape) and references (n,B,*shape), the result is (B,*shape) in units of the input, so its sign says
    more or less of a feature, not a higher or lower score. `base_score` (B,) is mean f(GradCF); `extras` has
    `path_score` and `path_loss` (B,n,k+1), and `counterfactual` (B,n,*shape).

    Raises:
        As `IG2`.
    """

    needs = ("references",)

    @property
    def claims(self) -> Collection[str]:  # type: ignore[override]
        return ("dummy", "implementation-invariance", "symmetry") if self.representation == OUTPUT else ()

    def explain(self, query: Query) -> Explanation:
        path = self.descend(query, query.require("references"), None)
        return Explanation(
            query.inputs - path.ends.mean(0),
            score=query.scores,
            base_score=path.base_score.mean(0),
            extras=path.extras(keep=True),
            meta=path.meta,
        )
