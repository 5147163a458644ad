"""From masks to a partition."""

from __future__ import annotations

import torch
from torch import Tensor


def painted(masks: Tensor, max_groups: int | None = None) -> Tensor:
    """Labels (H,W) of masks (M,H,W) bool: painted from the largest to the smallest, -1 where there is none.

    With `max_groups`, the largest masks alone.

    >>> masks = torch.tensor([[[False, True, False]], [[True, True, True]]])
    >>> painted(masks)
    tensor([[0, 1, 0]])
    """
    order = masks.flatten(1).sum(1).argsort(descending=True, stable=True)[:max_groups]
    labels = torch.full(masks.shape[1:], -1, device=masks.device)
    for label, mask in enumerate(masks[order]):
        labels[mask] = label
    return labels


def atoms(masks: Tensor, max_groups: int | None = None) -> Tensor:
    """Labels (H,W) of masks (M,H,W) bool: positions that lie in the same masks are one group, -1 in none.

    With `max_groups`, only the largest groups stay; a smaller one joins the one whose masks differ least from its own,
    the larger of two.

    >>> masks = torch.tensor([[[False, True, True, False]], [[True, True, False, False]]])
    >>> atoms(masks)
    tensor([[ 0,  2,  1, -1]])
    """
    if not len(masks):
        return torch.full(masks.shape[1:], -1, device=masks.device)
    codes, labels, sizes = masks.flatten(1).T.unique(dim=0, return_inverse=True, return_counts=True)
    inside = codes.any(1)
    into = torch.where(inside, inside.cumsum(0) - 1, -1)
    codes, sizes = codes[inside], sizes[inside]
    if max_groups is not None and len(codes) > max_groups:
        kept = sizes.argsort(descending=True, stable=True)[:max_groups]
        apart = (codes[:, None] != codes[kept]).sum(2)
        joined = apart.argmin(1)
        joined[kept] = torch.arange(len(kept), device=joined.device)
        into[inside] = joined
    return into[labels].view(masks.shape[1:])
