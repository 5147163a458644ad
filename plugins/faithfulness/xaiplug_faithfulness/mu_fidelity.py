"""μ-fidelity (Bhatt, Weller and Moura, 2020), on a grid of cells."""

from __future__ import annotations

from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt, Lt
from torch import Tensor

from xaiplug import Explanation, FeatureGroups, MaskedGame, Metric, MetricResult, Query
from xaiplug_faithfulness.units import cells, unit_values

_PARTS = 2**24
"""Draws are integers below this: the same sets in float32 and float64."""


class MuFidelity(Metric):
    """Correlation of attribution and drop of the score over random sets of cells; higher is better.

    That of (attribution of S, f(x) - f(x without S)) over the sets S. An image is cut into grid x grid cells, and each
    cell is in S with probability `fraction`, drawn from the sample's own seed. The attribution of S is the mean over
    its pixels (the super-pixel paper) or their sum (Bhatt et al.: for a linear f and exact attributions the correlation
    is then 1; with means of sets of unequal size it is not). Attributions are signed and summed over channels.
    Embeddings and rows have a cell for each position.

    Values (B,) in [-1, 1]; NaN where either side is constant; for the empty set the mean is 0.
    """

    reads_only = True
    needs = ("imputer",)
    default_scale = "probability"

    reduce: Literal["mean", "sum"] = "mean"
    """Attribution of a set of cells: the mean over its pixels, or their sum."""
    correlation: Literal["spearman", "pearson"] = "spearman"
    """Of ranks (equal values share their mean rank), or of values."""
    grid: Annotated[int, Ge(1)] = 9
    """Cells along each side of an image."""
    samples: Annotated[int, Ge(2)] = 200
    """Random sets per sample; one forward each."""
    fraction: Annotated[float, Gt(0), Lt(1)] = 0.2
    """Probability of a cell to be in a set."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        cells = self._cells(query)
        removed = query.randint(_PARTS, self.samples, cells.count) < round(self.fraction * _PARTS)
        means, sizes = unit_values(query, explanation, cells), cells.sizes()
        member = removed.to(means)
        total = (member * (means * sizes)[:, None]).sum(2)
        if self.reduce == "mean":
            total = total / (member * sizes[:, None]).sum(2).clamp(min=1)
        drop = query.scores[:, None] - MaskedGame(query.replace(groups=cells))(~removed)
        undefined = constant(total) | constant(drop, query.scores)
        if self.correlation == "spearman":
            total, drop = ranks(total), ranks(drop)
        return MetricResult(pearson(total, drop).masked_fill(undefined, torch.nan), better="higher")

    def _cells(self, query: Query) -> FeatureGroups:
        inputs = query.inputs
        if inputs.ndim > 3:
            labels = cells([self._cut(side).to(inputs.device) for side in inputs.shape[2:]])
        else:
            labels = torch.arange(inputs.shape[1], device=inputs.device)
        counts = torch.full((len(inputs),), int(labels.max()) + 1, device=inputs.device)
        return FeatureGroups(labels.expand(len(inputs), *labels.shape), counts)

    def _cut(self, side: int) -> Tensor:
        return torch.arange(side) * min(self.grid, side) // side


def ranks(values: Tensor) -> Tensor:
    """Ranks along the last axis, from 0; equal values share their mean rank.

    >>> ranks(torch.tensor([[3.0, 1.0, 3.0, 2.0]]))
    tensor([[2.5000, 0.0000, 2.5000, 1.0000]])
    """
    ordered = values.sort(-1).values.contiguous()
    below = torch.searchsorted(ordered, values.contiguous())
    upto = torch.searchsorted(ordered, values.contiguous(), right=True)
    return (below + upto - 1).to(values.dtype) / 2


def pearson(a: Tensor, b: Tensor) -> Tensor:
    """Correlation (B,) of rows of a and b (B,n); NaN where one of them is constant but for rounding.

    >>> pearson(torch.tensor([[1.0, 2, 3], [1, 2, 3]]), torch.tensor([[2.0, 4, 6], [5, 5, 5]]))
    tensor([1., nan])
    """
    centred = [x - x.mean(-1, keepdim=True) for x in (a, b)]
    norms = [x.norm(dim=-1) for x in centred]
    product = (centred[0] * centred[1]).sum(-1) / (norms[0] * norms[1]).clamp(min=torch.finfo(a.dtype).tiny)
    return product.clamp(-1, 1).masked_fill(constant(a) | constant(b), torch.nan)


def constant(values: Tensor, taken_from: Tensor | None = None) -> Tensor:
    """Whether rows (B,n) vary by no more than rounding, (B,) bool.

    Args:
        taken_from: (B,), what the values are differences to: their rounding is its, however small they are.

    >>> constant(torch.tensor([[1.0, 1.0], [1e-9, 2e-9]])), constant(torch.tensor([[1e-9, 2e-9]]), torch.ones(1))
    (tensor([ True, False]), tensor([True]))
    """
    size = values.norm(dim=-1)
    if taken_from is not None:
        size = size.maximum(taken_from.abs() * values.shape[-1] ** 0.5)
    varied = (values - values.mean(-1, keepdim=True)).norm(dim=-1)
    return varied <= 4 * torch.finfo(values.dtype).eps * size
