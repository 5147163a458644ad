"""DeepLIFT (Shrikumar, Greenside and Kundaje, 2017) and Deep SHAP (Lundberg and Lee, 2017)."""

from __future__ import annotations

import warnings

import torch
from torch import Tensor, fx

from xaiplug import Explainer, Explanation, Query, Target
from xaiplug.data.target import Output
from xaiplug.errors import ModelError
from xaiplug.model.following import strayed
from xaiplug.model.passes import in_chunks
from xaiplug_captum.multipliers import Multipliers, traced
from xaiplug_captum.quadrature import quadrature

_TOLERANCE = {torch.float64: 1e-6}
"""Residual that is still rounding, as a share of the change of the score; float32 and less: 1e-3."""


class DeepLift(Explainer):
    """Differences to a baseline, propagated by the rescale rule.

    Δx ⊙ m, m the multipliers of the rescale rule (Shrikumar et al., 2017, Sec. 3.1, 3.2 and 3.5.2).

    For inputs x (B,*shape) and reference inputs x' (the baseline, (n,B,*shape)), the result is (B,*shape), in units of
    the score, the mean over n. It sums to f(x) - mean f(x') (summation to delta, eq. 1); `residual` (B,) is what is
    missing, and more than rounding is a warning.

    The network runs as a traced graph, one rule per call: functional, in-place and reused activations are right, where
    hook-based tools crash or give the plain gradient. Every elementwise activation has the rescale rule; max pooling
    captum's; a product of two maps (squeeze-and-excitation) the Shapley values of its two changes. The scale is the
    last operation: its multipliers are its mean gradients from the logits of x' to those of x.

    Raises:
        ModelError: a forward that cannot be traced, or gives other logits when it is; an operation without a rule
        (attention, layer norm).
    """

    reads_only = True
    needs = ("baseline",)
    claims = ("completeness", "dummy", "linearity")
    asks_first = False

    def explain(self, query: Query) -> Explanation:
        return deep_lift(query, query.require("baseline"), "deep-lift")


class DeepShap(Explainer):
    """DeepLIFT, averaged over references.

    The n references x' (n,B,*shape) are samples of the data (Lundberg and Lee, 2017, Sec. 4.2).

    The result is (B,*shape), in units of the score; it sums to f(x) - mean f(x'), `residual` (B,) is what is missing.
    Everything else is as for `DeepLift`.
    """

    reads_only = True
    needs = ("references",)
    claims = ("completeness", "dummy", "linearity")
    asks_first = False

    def explain(self, query: Query) -> Explanation:
        return deep_lift(query, query.require("references"), "deep-shap")


def deep_lift(query: Query, references: Tensor, name: str) -> Explanation:
    """The mean of the DeepLIFT maps against references (n,B,*shape)."""
    graph = traced(query.model)
    # A sample is held twice: with its reference.
    batch = max(1, query.max_batch // 2) if isinstance(query.max_batch, int) else query.max_batch
    found = [
        in_chunks(
            lambda part: _against(query, graph, part, reference[part]),  # noqa: B023
            len(query),
            2 * query.inputs[0].numel(),
            batch,
            ("deep-lift", query.model.module),
        )
        for reference in references
    ]
    attribution, base_score = (sum(parts) / len(references) for parts in zip(*found, strict=True))
    residual = query.scores - base_score - attribution.flatten(1).sum(1)
    size = (query.scores - base_score).abs() + attribution.flatten(1).abs().sum(1)
    share = float((residual.abs() / size.clamp(min=torch.finfo(size.dtype).tiny)).max())
    if share > _TOLERANCE.get(size.dtype, 1e-3):
        warnings.warn(
            f"{name}: the map of model '{query.model.name}' misses the change of the score by {share:.1%} of its size; "
            "see `residual`",
            stacklevel=2,
        )
    return Explanation(attribution, score=query.scores, base_score=base_score, residual=residual)


def _against(query: Query, graph: fx.GraphModule, part: slice, reference: Tensor) -> tuple[Tensor, Tensor]:
    """Attribution (R,*shape) of the samples `part` and the scores (R,) of their references."""
    inputs = query.inputs[part]
    both = torch.cat([inputs, reference]).detach().requires_grad_()
    logits = Multipliers(graph, query.model).run(both)
    x, start = logits.detach().chunk(2)
    _check_same(query, part, x)
    target = query.saw(part, x)
    head = _head_multipliers(target, query.model.output, x, start)
    (multipliers,) = torch.autograd.grad(logits, both, torch.cat([head, torch.zeros_like(head)]))
    score = target.score(start, output=query.model.output)
    return (inputs - reference) * multipliers[: len(inputs)], score


def _check_same(query: Query, part: slice, logits: Tensor) -> None:
    """Raise a ModelError unless the traced network gives the logits (R,K) of the network itself."""
    if apart := strayed(query, part, logits, "deep-lift"):
        raise ModelError(
            f"deep-lift cannot follow model '{query.model.name}': traced, its logits move by {apart:.2g}, so it "
            "writes to values in a way that a trace does not show, or uses the statistics of the batch; use "
            "integrated-gradients, which needs gradients alone"
        )


def _head_multipliers(target: Target, output: Output, logits: Tensor, start: Tensor) -> Tensor:
    """Multipliers (R,K) of the score as a function of the logits: exact for `logit`, by quadrature for other scales."""
    nodes, weights = quadrature("gausslegendre", 1 if target.scale == "logit" else 64)
    total = torch.zeros_like(logits)
    for node, weight in zip(nodes, weights, strict=True):
        at = (start + node * (logits - start)).requires_grad_()
        score = target.score(at, output=output)
        total += weight * torch.autograd.grad(score.sum(), at)[0]
    return total
