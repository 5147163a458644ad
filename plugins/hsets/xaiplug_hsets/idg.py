"""IDG-Vis (H-Sets, Algorithm 2): scores of sets from gradients on the way from the baseline.

a = x - x' restricted to a set I, g_k the gradient at x' + k/m (x - x'), k = 0..m. The dividend of T ⊆ I is the mean
over k of |g_k · a_T| / ‖a_T‖ (0 where a_T = 0), and the score of I adds up dividends of subsets. Every dividend is a
product with the same m+1 gradients, so that the gradients do not depend on how many sets and subsets there are.
"""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from xaiplug import Query, Target
from xaiplug.errors import ComponentError, NonFiniteError

AbsMode = Literal["inside", "outside", "none", "reference"]
ScaleMode = Literal["unit", "path"]
Subsets = Literal["sample", "exact"]
Aggregate = Literal["mean", "sum", "unbiased"]

EXACT_LIMIT = 16
"""Largest set whose subsets are all enumerated."""
UNBIASED_LIMIT = 1000
"""Largest set whose 2^n fits in a float64 with room to spare."""


def path_gradients_of(query: Query, row: int, steps: int, *, own_class: bool = True) -> Tensor:
    """Gradients (n,steps+1,d) of one sample at x' + k/steps (x - x'), both ends included, for each of n baselines.

    `own_class=False` differentiates the class that is predicted at each point (the published code).

    Raises:
        NonFiniteError: a gradient has NaN or infinity.
    """
    x, baselines = query.inputs[row], query.require("baseline")[:, row]
    at = torch.linspace(0, 1, steps + 1, dtype=x.dtype, device=x.device).view(1, -1, *[1] * x.ndim)
    points = torch.lerp(baselines.unsqueeze(1), x, at).flatten(0, 1)
    rows = torch.full((len(points),), row, device=x.device)
    if own_class:
        gradients = query.gradient(points, rows)
    else:
        classes = query.forward(points, rows).argmax(1)
        asked = query.replace(target=Target(classes, query.target.scale))
        try:
            gradients = asked.gradient(points, torch.arange(len(points), device=x.device))
        except NonFiniteError as error:
            raise NonFiniteError(f"a gradient on the path of sample {row} has NaN or infinity") from error
    return gradients.reshape(len(baselines), steps + 1, -1)


def ways_of(query: Query, row: int) -> Tensor:
    """x - x' (n,d) of one sample."""
    way: Tensor = query.inputs[row] - query.require("baseline")[:, row]
    return way.flatten(1)


def subset_masks(size: int, subsets: Subsets, samples: int, seed: int) -> Tensor:
    """Subsets (M,size) bool of a set: all 2^size of them, or `samples` with each member in by a fair coin.

    Sets of one size get the same draws (common random numbers), so that alike sets score alike.

    Raises:
        ComponentError: a set too large to enumerate.
    """
    if subsets == "exact":
        if size > EXACT_LIMIT:
            raise ComponentError(
                f"subsets='exact' enumerates 2^|I| subsets and a set has {size} features, more than {EXACT_LIMIT}; "
                "use subsets='sample', or smaller sets"
            )
        return (torch.arange(2**size)[:, None] >> torch.arange(size)) & 1 == 1
    return torch.rand(samples, size, generator=torch.Generator().manual_seed(seed)) < 0.5


def dividends(
    gradients: Tensor, way: Tensor, masks: Tensor, abs_mode: AbsMode, scale_mode: ScaleMode, *, lost: float = 0.0
) -> Tensor:
    """Dividends (M,) of the subsets `masks` (M,n) of one set.

    Args:
        gradients: (P,n), at the points of the path. way: (n,), x - x'.
        abs_mode: "inside" mean_k |g_k·â|; "outside" |mean_k g_k·â|; "none" mean_k g_k·â; "reference" (published)
            ‖mean_k |g_k| ⊙ â‖.
        scale_mode: "unit" with â = a_T/‖a_T‖; "path" with a_T itself.
        lost: the dividend where a_T = 0, which has no direction (NaN in the published code).

    >>> ones = torch.ones(1, 2, dtype=torch.float64)
    >>> dividends(ones * torch.tensor([1.0, 2.0]), ones[0], torch.tensor([[True, True]]), "inside", "unit")
    tensor([2.1213], dtype=torch.float64)
    """
    chosen = masks.to(way)
    if abs_mode == "reference":
        value = (chosen @ (gradients.abs().mean(0) * way).square()).sqrt()
    elif abs_mode == "inside":
        value = (chosen @ (gradients * way).T).abs().mean(1)
    else:
        value = chosen @ (gradients.mean(0) * way)
        value = value.abs() if abs_mode == "outside" else value
    length = (chosen @ way.square()).sqrt()
    value = value if scale_mode == "path" else value / length
    return torch.where(length > 0, value, lost)


def aggregated(values: Tensor, size: int, how: Aggregate, *, complete: bool) -> Tensor:
    """One score from the dividends (M,) of subsets of a set of `size` features.

    "sum" (paper and published code) grows with M; "mean" does not; "unbiased" is 2^size/M times the sum, whose mean is
    the sum over all subsets (`complete`: they are all here).

    Raises:
        ComponentError: 2^size does not fit in a number.
    """
    if how == "mean":
        return values.mean()
    if how == "sum" or complete:
        return values.sum()
    if size > UNBIASED_LIMIT or (values.dtype != torch.float64 and size > 120):
        raise ComponentError(
            f"aggregate='unbiased' multiplies by 2^|I| and a set has {size} features; use aggregate='mean'"
        )
    return values.sum() * (2.0**size / len(values))
