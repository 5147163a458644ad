"""From an attribution to what is drawn: channel reduction, signed scale, resizing, outlines. Display only."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import interpolate

from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import FeatureGroups, on_grid

Reduction = Literal["signed", "magnitude"]
Segment = tuple[float, float, float, float]
"""x0, y0, x1, y1 in pixel edges: pixel (row, column) covers column..column+1, row..row+1."""


def display_map(
    explanation: Explanation, shape: tuple[int, ...] | None = None, reduction: Reduction = "signed"
) -> Tensor:
    """One value per position: (B,H,W) of images, (B,N) of embeddings, rows, and groups that nothing places.

    Channels, and the dimensions of an embedding, are summed: with their signs, or as magnitudes. A group paints every
    one of its positions with its own value.

    Args:
        shape: of one sample, (C,H,W), (L,D) or (F,); tells (H,W) groups from (L,D) ones where they look alike.
    """
    values = _placed(explanation, shape)
    if reduction == "magnitude":
        values = values.abs()
    if values.ndim == 4:
        return values.sum(1)
    return values.sum(-1) if values.ndim == 3 else values


def channel_maps(explanation: Explanation, shape: tuple[int, ...] | None = None) -> Tensor | None:
    """The channels (B,C,H,W) that `display_map` sums; None where a map has one value per place from the start."""
    values = _placed(explanation, shape)
    return values if values.ndim == 4 and values.shape[1] > 1 else None


def _placed(explanation: Explanation, shape: tuple[int, ...] | None) -> Tensor:
    values = explanation.attribution.detach().cpu()
    groups = explanation.groups
    grouped = explanation.level == "group" or (
        explanation.level is None and groups is not None and values.shape[1:] == (groups.count,)
    )
    if not grouped or groups is None:
        return values
    painted = groups.to("cpu").broadcast(values.nan_to_num())
    if shape is not None:
        return on_grid(painted, shape)
    return painted.unsqueeze(1) if painted.ndim == 3 else painted


def signed_limit(values: Tensor, percentile: float = 99.0) -> Tensor:
    """Where each row's colours end, (B,): the percentile of its magnitudes; of a map nearly all zero, the largest.

    >>> signed_limit(torch.tensor([[1.0, -3.0, 2.0], [0.0, 0.0, 0.0]]), 100)
    tensor([3., 0.])
    """
    magnitudes = values.detach().cpu().double().abs().flatten(1)
    magnitudes = torch.where(magnitudes.isfinite(), magnitudes, torch.zeros_like(magnitudes))
    if not magnitudes.numel():
        return values.new_zeros(len(values))
    limits = torch.from_numpy(np.percentile(magnitudes.numpy(), percentile, axis=1))
    return torch.where(limits > 0, limits, magnitudes.amax(1)).to(values.dtype)


def scaled(values: Tensor, limits: Tensor) -> Tensor:
    """`values` (B,...) in units of `limits` (B,), cut to [-1,1]; 0 where undefined or where the limit is 0."""
    divisor = limits.view(-1, *[1] * (values.ndim - 1)).to(values)
    return torch.where(divisor > 0, values / divisor, torch.zeros_like(values)).nan_to_num(0.0).clamp(-1, 1)


def upsample(maps: Tensor, size: tuple[int, int], *, smooth: bool = False) -> Tensor:
    """Coarse maps (B,h,w) at `size` (H,W): cells as they are, or bilinear where `smooth`."""
    if tuple(maps.shape[1:]) == size:
        return maps
    if smooth:
        return interpolate(maps.unsqueeze(1), size=size, mode="bilinear", align_corners=False).squeeze(1)
    return interpolate(maps.unsqueeze(1), size=size, mode="nearest-exact").squeeze(1)


def shrink(images: Tensor, side: int) -> Tensor:
    """Images (B,C,H,W) averaged down until no side is longer than `side`."""
    height, width = images.shape[-2:]
    longest = max(height, width)
    if longest <= side:
        return images
    size = (max(1, round(height * side / longest)), max(1, round(width * side / longest)))
    return interpolate(images, size=size, mode="area")


def outline(mask: Tensor) -> list[Segment]:
    """The boundary of `mask` (H,W) bool along pixel edges, straight runs joined.

    >>> outline(torch.tensor([[True, True]]))
    [(0, 0, 2, 0), (0, 1, 2, 1), (0, 0, 0, 1), (2, 0, 2, 1)]
    """
    padded = np.pad(mask.detach().cpu().numpy().astype(bool), 1)
    across = padded[1:, 1:-1] != padded[:-1, 1:-1]
    down = (padded[1:-1, 1:] != padded[1:-1, :-1]).T
    horizontal: list[Segment] = [(start, line, stop, line) for line, start, stop in _runs(across)]
    vertical: list[Segment] = [(line, start, line, stop) for line, start, stop in _runs(down)]
    return horizontal + vertical


def _runs(edges: np.ndarray) -> list[tuple[int, int, int]]:
    steps = np.diff(np.pad(edges.astype(np.int8), ((0, 0), (1, 1))), axis=1)
    lines, starts = np.nonzero(steps == 1)
    stops = np.nonzero(steps == -1)[1]
    return list(zip(lines.tolist(), starts.tolist(), stops.tolist(), strict=True))


def set_masks(explanation: Explanation, row: int, limit: int = 3) -> list[tuple[float, Tensor]]:
    """The strongest sets of one sample, at most `limit`, each its value and its mask (H,W); only sets on images.

    Of the prefixes of an order, which grow to the whole, the one that turned the prediction (`stop_step`), or none.
    """
    sets = explanation.sets
    if sets is None or not sets.values.shape[1]:
        return []
    values = sets.values[row].detach().cpu().double()
    if sets.kind == "prefix":
        stop = explanation.extras.get("stop_step")
        ranking = torch.tensor([] if stop is None or int(stop[row]) < 1 else [int(stop[row]) - 1], dtype=torch.int64)
    else:
        ranking = values.abs().nan_to_num(-1.0).argsort(descending=True, stable=True)
    chosen = [int(place) for place in ranking[:limit] if not values[place].isnan()]
    masks = [_mask(sets.members[row, place].cpu(), explanation.groups, row) for place in chosen]
    return [(float(values[place]), mask) for place, mask in zip(chosen, masks, strict=True) if mask is not None]


def _mask(members: Tensor, groups: FeatureGroups | None, row: int) -> Tensor | None:
    if members.ndim == 3:
        return members.any(0)
    if groups is None or members.ndim != 1 or groups.labels[row].ndim != 2:
        return None
    labels = groups.labels[row].cpu()
    return members[labels.clamp(min=0)] & (labels >= 0)


def rank_map(explanation: Explanation) -> Tensor | None:
    """When each position's group was chosen, (B,*grid) int64 from 1, 0 = not chosen; None without order or groups."""
    order, groups = explanation.order, explanation.groups
    if order is None or groups is None or not groups.count:
        return None
    order, groups = order.cpu(), groups.to("cpu")
    ranks = torch.zeros(len(order), groups.count + 1, dtype=torch.int64)
    places = torch.arange(1, order.shape[1] + 1).expand_as(order)
    ranks.scatter_(1, torch.where(order < 0, groups.count, order), places)
    return groups.broadcast(ranks[:, : groups.count])


def centre(mask: Tensor) -> tuple[float, float]:
    """x, y of the pixel of `mask` (H,W) nearest to its centre of mass: always inside it."""
    places = mask.nonzero().double() + 0.5
    nearest = places[(places - places.mean(0)).square().sum(1).argmin()]
    return float(nearest[1]), float(nearest[0])


def labels_apart(masks: Sequence[Tensor], texts: Sequence[str], size: float) -> list[tuple[float, float, str]]:
    """x, y of the middle of each text, in its mask (H,W) or moved up or down until it covers none before it.

    Args:
        size: height of a line, in pixels; a letter is 0.6 of it wide. Empty masks get no text.
    """
    placed: list[tuple[float, float, str]] = []
    for mask, text in zip(masks, texts, strict=True):
        if not bool(mask.any()):
            continue
        x, middle = centre(mask)
        half = 0.3 * size * len(text)
        x = min(max(x, half), max(half, mask.shape[1] - half))
        low, high = size / 2, mask.shape[0] - size / 2
        free = [
            y
            for y in (min(max(middle + step * size, low), high) for step in _NEAREST)
            if all(abs(y - v) >= 0.9 * size or abs(x - u) >= half + 0.3 * size * len(t) for u, v, t in placed)
        ]
        placed.append((x, free[0] if free else min(max(middle, low), high), text))
    return placed


_NEAREST = [sign * step / 2 for step in range(16) for sign in (1, -1)]
"""Lines to move by, the nearest first."""
