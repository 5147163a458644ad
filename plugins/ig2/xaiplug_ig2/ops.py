"""The formulas of IG²: tensors in, tensors out. R rows, `*shape` one sample, D the representation."""

from __future__ import annotations

from typing import Literal, get_args

import torch
from torch import Tensor
from torch.nn import functional as F

Distance = Literal["euclidean", "cosine", "l1"]
Norm = Literal["l2", "l1"]
Rule = Literal["trapezoid", "left", "right", "midpoint"]
RULES: tuple[str, ...] = get_args(Rule)

_ROUNDING = 32
"""A gradient so many machine epsilons small, against its own largest on the path, is rounding: no direction."""
_PROGRESS = 1e-3
"""Share of the loss that a path must still gain within its patience."""


def distance(features: Tensor, reference: Tensor, kind: Distance) -> Tensor:
    """How far representations (R,D) are from those of the references (R,D): (R,).

    `euclidean` is the squared distance of eq. (4); the other two are those of Table A.2.

    >>> a, b = torch.tensor([[3.0, 4.0]]), torch.tensor([[0.0, 4.0]])
    >>> [float(distance(a, b, kind)) for kind in ("euclidean", "l1")]
    [9.0, 3.0]
    """
    match kind:
        case "euclidean":
            return (features - reference).square().sum(1)
        case "l1":
            return (features - reference).abs().sum(1)
        case "cosine":
            return 1 - F.cosine_similarity(features, reference, dim=1)


def direction(gradient: Tensor, norm: Norm, percentile: float) -> Tensor:
    """Unit step (R,*shape) along `gradient` (R,*shape), Algorithm 1, line 6; zero where the gradient is.

    `l2`: g / ‖g‖₂. `l1` (eq. 21): sign(g) / |S| on the set S of the entries whose size is at least the `percentile` of
    all of the row's, 0 elsewhere; equal entries are in or out together.

    >>> direction(torch.tensor([[3.0, -4.0]]), "l2", 0)
    tensor([[ 0.6000, -0.8000]])
    >>> direction(torch.tensor([[1.0, -4.0, 2.0, 3.0]]), "l1", 50)
    tensor([[ 0.0000, -0.5000,  0.0000,  0.5000]])
    """
    if norm == "l2":
        size = length(gradient, "l2")
        return gradient / per_row(torch.where(size > 0, size, 1), gradient)
    flat = gradient.flatten(1)
    size = flat.abs()
    largest = max(1, round(size.shape[1] * (1 - percentile / 100)))
    chosen = size >= size.topk(largest, dim=1).values[:, -1:]
    return (flat.sign() * chosen / chosen.sum(1, keepdim=True)).view_as(gradient)


def length(values: Tensor, norm: Norm) -> Tensor:
    """ℓ2 or ℓ1 norm (R,) of rows (R,*shape)."""
    return torch.linalg.vector_norm(values, ord=2 if norm == "l2" else 1, dim=tuple(range(1, values.ndim)))


def per_row(values: Tensor, like: Tensor) -> Tensor:
    """(R,) viewed so that it broadcasts against (R,*shape)."""
    return values.view(-1, *[1] * (like.ndim - 1))


def is_rounding(size: Tensor, largest: Tensor) -> Tensor:
    """(R,) bool: whether gradients of `size` (R,) are nothing beside the `largest` (R,) of their path, or zero."""
    return size <= _ROUNDING * torch.finfo(size.dtype).eps * largest


def stalled(losses: Tensor, patience: int) -> Tensor:
    """(R,) bool: whether the last `patience` of the losses (R,j+1) are not 0.1 % lower than the best before them."""
    if losses.shape[1] <= patience:
        return torch.zeros(len(losses), dtype=torch.bool, device=losses.device)
    return losses[:, -patience:].amin(1) >= (1 - _PROGRESS) * losses[:, :-patience].amin(1)
