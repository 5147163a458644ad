"""κ, the projection on functions that are constant on groups."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.data.groups import on_grid


def group_means(values: Tensor, labels: Tensor, *, joint: bool = False) -> Tensor:
    """κ v: every position gets the mean over its group; positions in no group get 0.

    κ = A W Aᵀ with the membership A (d,p) and W = diag(1/|S_j|) is an orthogonal projector, symmetric and doubly
    stochastic. Neither A nor κ is formed: the whole batch is one scatter and one gather, O(numbers in `values`).

    Args:
        values: (R,*shape), or (R,1,H,W) on a grid (H,W).
        labels: (R,*grid) int64, 0.. without large gaps, -1 = no group.
        joint: one mean over all scalars of a group; otherwise each channel (of embeddings: each dimension) has its own.

    Returns:
        Like `values`.

    >>> group_means(torch.tensor([[1.0, 3, -2, 5]]), torch.tensor([[0, 0, 1, 1]]))
    tensor([[2.0000, 2.0000, 1.5000, 1.5000]])

    Raises:
        ShapeError: the grid does not fit the values.
    """
    rows, shape = len(values), tuple(values.shape[1:])
    where = on_grid(labels, shape)
    spread = joint or where.shape == values.shape
    index = where.expand_as(values) if spread else where
    index, flat = index.movedim(_channels(shape), 1), values.movedim(_channels(shape), 1)
    moved = flat.shape
    flat = flat.reshape(rows, 1, -1) if spread else flat.reshape(rows, moved[1], -1)
    index = index.reshape(rows, 1, -1)
    groups = int(labels.max()) + 1 if labels.numel() else 0
    index = torch.where(index < 0, groups, index)
    sizes = torch.zeros_like(index[..., :1]).repeat(1, 1, groups + 1).scatter_add_(2, index, torch.ones_like(index))
    index, wide = index.expand_as(flat), torch.promote_types(flat.dtype, torch.float32)
    sums = flat.new_zeros(rows, flat.shape[1], groups + 1, dtype=wide).scatter_add_(2, index, flat.to(wide))
    means = sums / sizes.clamp(min=1)
    means[..., groups] = 0
    return means.gather(2, index).to(values.dtype).view(moved).movedim(1, _channels(shape))


def _channels(shape: tuple[int, ...]) -> int:
    """The axis of (R,*shape) that is not a position: channels of images, dimensions of embeddings, nothing of rows."""
    return 2 if len(shape) == 2 else 1
