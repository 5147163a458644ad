"""Integrated Gradients (Sundararajan, Taly and Yan, 2017)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, Query
from xaiplug.grad import path_gradients
from xaiplug_captum.quadrature import Rule, quadrature

_HELD = 2**25
"""Numbers of path points held at once; how many of them go through the model together is `max_batch`."""


class IntegratedGradients(Explainer):
    """Gradients along the straight line from a baseline, times the way; sums to the change of the score.

    (x - x') ⊙ ∫₀¹ ∇f(x' + α (x - x')) dα, eq. (1); with n baselines x', the mean of n such maps.

    For inputs x (B,*shape), baselines x' (n,B,*shape) and the target score f, the result is (B,*shape) in units of the
    score. It sums to f(x) - mean f(x') but for the error of the integral (Proposition 1), which is `residual` (B,).
    `base_score` (B,) is mean f(x').

    Nodes and weights are captum's; the sums keep the dtype of the inputs (captum 0.9 rounds its weights to float32, so
    that its float64 results are off by 1e-8).

    >>> import torch, xaiplug
    >>> product = type("Product", (torch.nn.Module,), {"forward": lambda self, x: x[:, 0] * x[:, 1]})()
    >>> ex = xaiplug.explain(product, torch.ones(1, 2), IntegratedGradients(), baseline=torch.zeros(2))
    >>> ex.attribution, ex.base_score
    (tensor([[0.5000, 0.5000]]), tensor([0.]))
    """

    reads_only = True
    needs = ("baseline",)
    claims = ("completeness", "dummy", "sensitivity", "implementation-invariance", "linearity", "symmetry")

    steps: Annotated[int, Ge(1)] = 50
    """Points on the line; one forward and one backward each."""
    method: Rule = "gausslegendre"
    """How the integral is approximated: gausslegendre, riemann_left, riemann_middle, riemann_right or trapezoid."""

    def explain(self, query: Query) -> Explanation:
        baselines = query.require("baseline")
        nodes, weights = quadrature(self.method, self.steps)
        total = torch.zeros_like(query.inputs)
        base_score = torch.zeros_like(query.scores)
        for baseline in baselines:
            way = query.inputs - baseline
            total += way * _integral(query, baseline, way, nodes, weights)
            base_score += query.score(baseline)
        attribution, base_score = total / len(baselines), base_score / len(baselines)
        residual = query.scores - base_score - attribution.flatten(1).sum(1)
        return Explanation(attribution, score=query.scores, base_score=base_score, residual=residual)


def _integral(query: Query, start: Tensor, way: Tensor, nodes: Sequence[float], weights: Sequence[float]) -> Tensor:
    """Weighted sum of the gradients at start + node * way, (B,*shape)."""
    total = torch.zeros_like(start)
    block = max(1, _HELD // way.numel())
    for first in range(0, len(nodes), block):
        at, weight = (
            torch.tensor(part[first : first + block], dtype=way.dtype, device=way.device).view(-1, *[1] * way.ndim)
            for part in (nodes, weights)
        )
        total += (path_gradients(query, start + at * way) * weight).sum(0)
    return total
