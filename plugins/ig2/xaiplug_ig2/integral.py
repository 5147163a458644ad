"""Path x baseline: integrals of the gradient along any path to any baseline, and the methods that are one of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

from annotated_types import Ge, Gt, Le

from xaiplug import Explainer, Explanation, Query
from xaiplug_ig2 import ops
from xaiplug_ig2.along import Along
from xaiplug_ig2.curves import Blurring, BlurRule, Edges, Spacing, blurred, straight
from xaiplug_ig2.descent import GradPath
from xaiplug_ig2.guided import guided

_CLAIMS = {
    "straight": ("completeness", "dummy", "sensitivity", "implementation-invariance", "linearity", "symmetry"),
    "guided": ("completeness", "dummy", "implementation-invariance"),
    "blur": ("completeness", "implementation-invariance", "linearity"),
    "gradpath": ("dummy",),
}

Fraction = Annotated[float, Gt(0), Le(1)]
Share = Annotated[float, Ge(0), Le(1)]


class PathIntegral(GradPath, Explainer):
    """Gradients along a straight, guided, blur or GradPath way to any baseline.

    ∫ ∇f(γ(α)) ⊙ γ'(α) dα, eq. (1), along one of four paths γ between a baseline and the input.

    `straight`: the line. `guided`: that of Guided IG. `gradpath`: from the input downhill to where the representation
    is the baseline's, so that the far end is GradCF and the baseline only the reference (`ig2` with references is the
    same). `blur`: from the blurred input; it has its own end and takes no baseline.

    For inputs (B,*shape) and baselines (n,B,*shape), the result is the mean of n maps (B,*shape), in units of the
    score; it sums to score - `base_score` but for the error of the integral, which is `residual` (B,). `extras`:
    `path_score` (B,n,P); with `keep`, the ends as `counterfactual` (B,n,*shape). Table 4 is this explainer with several
    baselines.

    >>> import torch, xaiplug
    >>> product = type("Product", (torch.nn.Module,), {"forward": lambda self, x: x[:, 0] * x[:, 1]})()
    >>> xaiplug.explain(product, torch.ones(1, 2), PathIntegral(), baseline=torch.zeros(2)).attribution
    tensor([[0.5000, 0.5000]])

    Raises:
        ComponentError: the blur path of something that is no image.
    """

    path: Literal["straight", "guided", "blur", "gradpath"] = "straight"
    """From the baseline to the input. The other fields of a path count only where it is chosen."""
    rule: ops.Rule = "trapezoid"
    """Where on a step the gradient is taken: both ends, its start in the order walked (left), its end, or between."""
    fraction: Fraction = 0.25
    """Guided: share of the features that move at a time."""
    max_dist: Share = 0.02
    """Guided: how far features may be from the straight line, as a share of the whole way."""
    max_sigma: Annotated[float, Gt(0)] = 50.0
    """Blur: width of the Gaussian at the far end, in pixels."""
    edges: Edges = "zero"
    """Blur: what lies beyond the image, as in `blur-ig`."""
    spacing: Spacing = "linear"
    """Blur: how the width grows, as in `blur-ig`."""
    keep: bool = False
    """Put the far ends into `extras["counterfactual"]`, as `cf-validity` and `cf-distance` want them."""

    @property
    def claims(self) -> Collection[str]:  # type: ignore[override]
        return _CLAIMS[self.path]

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return () if self.path == "blur" else ("baseline",)

    def explain(self, query: Query) -> Explanation:
        return self._along(query).explanation(query, keep=self.keep)

    def _along(self, query: Query) -> Along:
        if self.path == "blur":
            return blurred(query, self.steps, self.rule, Blurring(self.max_sigma, self.edges, self.spacing))
        baselines = query.require("baseline")
        match self.path:
            case "gradpath":
                return self.descend(query, baselines, self.rule)
            case "guided":
                return guided(query, baselines, self.steps, self.rule, self.fraction, self.max_dist)
        return straight(query, baselines, self.steps, self.rule)


class ExpectedIG(Explainer):
    """Integrated gradients, averaged over references.

    E[(x - x^r) ⊙ ∫ ∇f] over references x^r (Erion et al., 2021; Sec. 4.2). With the references of `ig2` it is what the
    paper compares with: deterministic, all references with the same points. For inputs (B,*shape) and references
    (n,B,*shape), the result is (B,*shape) in units of the score; `base_score` (B,) is the mean score of the references,
    `residual` (B,) the error of the integral.
    """

    reads_only = True
    needs = ("references",)
    claims = ("completeness", "dummy", "implementation-invariance", "linearity")

    steps: Annotated[int, Ge(1)] = 50
    """Pieces of each line; one forward and one backward each."""
    rule: ops.Rule = "midpoint"
    """Where on a piece the gradient is taken."""

    def explain(self, query: Query) -> Explanation:
        return straight(query, query.require("references"), self.steps, self.rule).explanation(query, keep=False)


class GuidedIG(Explainer):
    """Gradients along a path that moves the features of the smallest gradient first.

    Guided IG (Kapishnikov et al., 2021, Algorithm 1). For inputs (B,*shape) and baselines (n,B,*shape), the result is
    (B,*shape) in units of the score; the mean over n. With `max_dist = 0` the path is the straight line. `residual`
    (B,) is the error of the integral, `base_score` (B,) the baselines' mean score.
    """

    reads_only = True
    needs = ("baseline",)
    claims = _CLAIMS["guided"]

    steps: Annotated[int, Ge(1)] = 200
    """Steps of the path (T); one forward and one backward each."""
    fraction: Fraction = 0.25
    """Share of the features that move at a time (p)."""
    max_dist: Share = 0.02
    """How far features may be from the straight line, as a share of the whole way."""
    rule: ops.Rule = "trapezoid"
    """Where on a step the gradient is taken; `left` is the authors'."""

    def explain(self, query: Query) -> Explanation:
        path = guided(query, query.require("baseline"), self.steps, self.rule, self.fraction, self.max_dist)
        return path.explanation(query, keep=False)


class BlurIG(Explainer):
    """Gradients along the path from the blurred image to the image.

    Blur IG (Xu, Venugopalan and Sundararajan, 2020, eq. 4), width by width. For images (B,C,H,W) the result has their
    shape, in units of the score. The derivative along the width is the difference of the images of one step, so that it
    sums to score - `base_score` (that of the most blurred image) but for `residual` (B,). With `rule="published"` it is
    the authors' sum (PAIR's `saliency`): the gradient at the sharper end of each step times a difference of the width
    by .01 pixels, which is 0 for the first step.

    Raises:
        ComponentError: the inputs are no images.
    """

    reads_only = True
    steps: Annotated[int, Ge(1)] = 100
    """Steps of the width; one forward and one backward each."""
    max_sigma: Annotated[float, Gt(0)] = 50.0
    """Width of the Gaussian at the far end, in pixels; its square with spacing="sqrt"."""
    rule: BlurRule = "trapezoid"
    """Where on a step the gradient is taken, from the blurred end: both ends, its start, its end, or between; published
    = the authors' sum."""
    edges: Edges = "zero"
    """What lies beyond the image: zeros (published), or the image mirrored, whose mean then stays."""
    spacing: Spacing = "linear"
    """Widths grow evenly, or as the root of the share of the way."""

    @property
    def claims(self) -> Collection[str]:  # type: ignore[override]
        return tuple(claim for claim in _CLAIMS["blur"] if claim != "completeness" or self.rule != "published")

    def explain(self, query: Query) -> Explanation:
        blurring = Blurring(self.max_sigma, self.edges, self.spacing)
        return blurred(query, self.steps, self.rule, blurring).explanation(query, keep=False)
