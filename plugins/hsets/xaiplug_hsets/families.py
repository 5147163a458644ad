"""Overlapping sets of a user, in the form that `idg` takes."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.errors import ShapeError


def family(masks: Tensor) -> tuple[Tensor, tuple[tuple[int, ...], ...]]:
    """Labels (1,*grid) and `sets` for masks (S,*grid) bool that may overlap, for one sample or for all.

    Positions that lie in the same masks are one group, -1 in none; a set is the groups that its mask is made of.

    >>> masks = torch.tensor([[True, True, False, False], [False, True, True, False]])
    >>> family(masks)
    (tensor([[ 1,  2,  0, -1]]), ((1, 2), (0, 2)))

    Raises:
        ShapeError: masks are no bool tensor with a grid.
    """
    if masks.ndim < 2 or masks.dtype != torch.bool:
        raise ShapeError(f"masks must be a bool tensor (S,*grid), got {tuple(masks.shape)} {masks.dtype}")
    codes, where = masks.flatten(1).T.unique(dim=0, return_inverse=True)
    inside = codes.any(1)
    number = torch.where(inside, inside.cumsum(0) - 1, -1)
    sets = tuple(tuple(groups.nonzero().flatten().tolist()) for groups in codes[inside].T)
    return number[where].view(1, *masks.shape[1:]), sets
