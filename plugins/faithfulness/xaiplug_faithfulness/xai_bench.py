"""The metrics of XAI-BENCH (Liu, Khandagale, White and Neiswanger, 2021), for rows with few features.

Each has a `variant`: `fixed` is what the metric's text says, `upstream` what the published code computes; the
docstring of each says where they part. Expectations over unknown features are means over draws from the pool.
"""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug_faithfulness.expectations import attributions, coalitions, draws, expectations, regressed, shapley
from xaiplug_faithfulness.mu_fidelity import pearson

Variant = Literal["fixed", "upstream"]


class XaiBenchFaithfulness(Metric):
    """Rows: correlation of attribution and what each feature adds to the expected score; higher is better.

    Pearson's, over features, of φ_j and f(x) - E[f | x without x_j]. Values (B,) in [-1,1]; NaN where either side is
    constant. `upstream` correlates magnitudes, |φ_j| and |f(x) - ...|.

    Raises:
        ComponentError: the inputs are no rows.
    """

    reads_only = True
    needs = ("pool",)

    variant: Variant = "fixed"
    """Signed as the text says, or magnitudes as the code has it."""
    samples: Annotated[int, Ge(1)] = 100
    """Draws from the pool per sample."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = attributions(query, explanation, "xai-bench-faithfulness")
        others = ~torch.eye(values.shape[1], dtype=torch.bool, device=values.device)
        change = query.scores[:, None] - expectations(query, others, draws(query, self.samples))
        if self.variant == "upstream":
            values, change = values.abs(), change.abs()
        return MetricResult(pearson(values, change), better="higher")


class XaiBenchMonotonicity(Metric):
    """Rows: how often a feature of larger attribution changes the score more; higher is better.

    Features become known one by one, the smallest |φ| first; f_t = E[f | the first t], δ_t = |f_t - f_{t-1}|, t = 1..F.
    Values (B,) are the share of t < F with δ_{t+1} >= δ_t; NaN with one feature. `upstream` puts f_t at the place of
    the feature's number instead of its rank, so that the differences are between neighbouring columns.

    Raises:
        ComponentError: the inputs are no rows.
    """

    reads_only = True
    needs = ("pool",)

    variant: Variant = "fixed"
    """Differences in the order of the attribution, or of the columns."""
    samples: Annotated[int, Ge(1)] = 100
    """Draws from the pool per sample."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = attributions(query, explanation, "xai-bench-monotonicity")
        features = values.shape[1]
        if features < 2:
            return MetricResult(torch.full_like(query.scores, torch.nan), better="higher")
        rank = values.abs().argsort(dim=1, stable=True).argsort(1)
        known = rank[:, None] < torch.arange(features + 1, device=values.device)[:, None]
        scores = expectations(query, known, draws(query, self.samples))
        if self.variant == "upstream":
            scores = torch.cat([scores[:, :1], scores[:, 1:].gather(1, rank)], 1)
        change = scores.diff(dim=1).abs()
        return MetricResult((change.diff(dim=1) >= 0).to(values.dtype).mean(1), better="higher")


class XaiBenchGtShapley(Metric):
    """Rows: correlation with the Shapley values of the expected score, all sets; higher is better.

    Pearson's, over features, of φ and the Shapley values of E[f | x_S], all 2^F sets.

    Values (B,) in [-1,1]; NaN where either side is constant. `upstream` finds them by least squares that weight the
    empty and the full set 10⁶: the same up to about 10⁻⁶.

    Raises:
        ComponentError: the inputs are no rows, or have more than 14 features.
    """

    reads_only = True
    needs = ("pool",)

    variant: Variant = "fixed"
    """By Shapley's formula, or by the code's regression."""
    samples: Annotated[int, Ge(1)] = 100
    """Draws from the pool per sample; each is run with every set."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        name = "xai-bench-gt-shapley"
        values = attributions(query, explanation, name)
        sets = coalitions(values.shape[1], name).to(values.device)
        game = expectations(query, sets, draws(query, self.samples))
        truth = shapley(game) if self.variant == "fixed" else regressed(game)
        return MetricResult(pearson(values, truth), better="higher")


class XaiBenchInfidelity(Metric):
    """Rows: squared error of the attribution as a linear model under a noisy baseline; lower is better.

    E_z[(f(x) - f(z) - β Iᵀφ)²], I = x - z, for a noisy baseline z ~ N(0, sigma²) per feature.

    β = E[Δ Iᵀφ] / E[(Iᵀφ)²] fits the scale of the attribution. Values (B,) in squared units of the score. `upstream`
    cuts z to [0,1], which is meant for pixels: half of it becomes 0.

    Raises:
        ComponentError: the inputs are no rows.
    """

    reads_only = True
    variant: Variant = "fixed"
    """Whether the noise is left whole, or cut to [0,1]."""
    samples: Annotated[int, Ge(1)] = 1000
    """Perturbations per sample."""
    sigma: Annotated[float, Gt(0)] = 0.2
    """Standard deviation of the noise, in units of the input."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = attributions(query, explanation, "xai-bench-infidelity")
        noise = self.sigma * query.normal(self.samples, values.shape[1])
        noise = noise.clamp(0, 1) if self.variant == "upstream" else noise
        told = ((query.inputs[:, None] - noise) * values[:, None]).sum(2)
        rows = torch.arange(len(query), device=values.device).repeat_interleave(self.samples)
        seen = query.scores[:, None] - query.score(noise.flatten(0, 1), rows).view(told.shape)
        return MetricResult(_error(told, seen), unit=f"{query.target.scale}²", better="lower")


def _error(told: Tensor, seen: Tensor) -> Tensor:
    """Mean squared error (B,) of the best multiple of told (B,n) against seen (B,n)."""
    beta = ((told * seen).sum(1) / told.square().sum(1)).nan_to_num(0, 0, 0)
    return (beta[:, None] * told - seen).square().mean(1)
