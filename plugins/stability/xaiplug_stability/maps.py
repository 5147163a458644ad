"""From explanations to maps that can be compared."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations
from typing import Literal

import torch
from torch import Tensor

from xaiplug import View
from xaiplug.errors import ComponentError, ShapeError

Channels = Literal["none", "abs-sum", "abs-max", "l2"]
Normalise = Literal["p99", "minmax"]


def pairs(views: Sequence[View]) -> Iterator[tuple[View, View]]:
    """Every two models.

    Raises:
        ComponentError: there are fewer than two.
    """
    if len(views) < 2:
        raise ComponentError(f"stability compares the maps of at least two models, got {len(views)}")
    return combinations(views, 2)


def map_of(view: View, channels: Channels) -> Tensor:
    """A view's attribution on its inputs: (B,*shape), with `channels` reduced (B,*grid); a group's value everywhere."""
    shape = tuple(view.query.inputs.shape[1:])
    return reduced(view.explanation.on_inputs(shape), shape, channels)


def reduced(values: Tensor, shape: tuple[int, ...], channels: Channels) -> Tensor:
    """A map on inputs (B,*shape), with `channels` reduced (B,*grid)."""
    if channels == "none":
        return values
    if len(shape) == 1:
        return values.abs()
    axis = 1 if len(shape) > 2 else 2
    if values.ndim <= axis:
        return values.abs()
    match channels:
        case "abs-sum":
            return values.abs().sum(axis)
        case "abs-max":
            return values.abs().amax(axis)
    return values.norm(dim=axis)


def normalised(maps: Tensor, how: Normalise) -> Tensor:
    """Non-negative maps (B,H,W) to [0,1], each on its own; a constant map of zeros stays 0.

    `p99` cuts at the 99th percentile (at the maximum, where fewer than 1 % are not 0) and divides by it; `minmax` takes
    the minimum to 0 and the maximum to 1.

    Raises:
        ShapeError: negative values.
    """
    flat = maps.flatten(1)
    if bool((flat < 0).any()):
        raise ShapeError("maps must be non-negative to be normalised; reduce their channels first")
    low, high = flat.amin(1, keepdim=True), flat.amax(1, keepdim=True)
    if how == "p99":
        cut = flat.quantile(0.99, dim=1, keepdim=True)
        low, high = torch.zeros_like(low), torch.where(cut > 0, cut, high)
    span = high - low
    return ((flat - low) / torch.where(span > 0, span, 1)).clamp(0, 1).view_as(maps)
