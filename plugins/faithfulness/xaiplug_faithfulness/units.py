"""What is removed at once, and in which order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import torch
from torch import Tensor

from xaiplug import Explanation, FeatureGroups, Query
from xaiplug.errors import ComponentError

By = Literal["pixel", "patch", "group"]
Ties = Literal["stable", "random"]


def units_of(query: Query, by: By, patch: int) -> FeatureGroups:
    """The query's inputs cut into units: positions, square patches (cubes of volumes), or the query's own groups.

    Words of embeddings (B,L,D) whose vector is zero are padding: they are in no unit, and always stay.

    Raises:
        ComponentError: patches of something that is no image and no volume.
    """
    inputs = query.inputs
    if by == "group":
        groups: FeatureGroups = query.require("groups")
        return groups
    if by == "patch":
        if inputs.ndim < 4:
            raise ComponentError(f"patches are cut from images (B,C,H,W), got {tuple(inputs.shape)}; use by='pixel'")
        labels = cells([torch.arange(side, device=inputs.device) // patch for side in inputs.shape[2:]])
    elif inputs.ndim == 3:
        words = (inputs != 0).any(2)
        labels = torch.where(words, words.cumsum(1) - 1, -1)
        return FeatureGroups(labels, words.sum(1))
    else:
        grid = inputs.shape[2:] if inputs.ndim > 3 else inputs.shape[1:2]
        labels = torch.arange(grid.numel(), device=inputs.device).view(grid)
    counts = torch.full((len(inputs),), int(labels.max()) + 1, device=inputs.device)
    return FeatureGroups(labels.expand(len(inputs), *labels.shape), counts)


def cells(axes: Sequence[Tensor]) -> Tensor:
    """Numbers (*grid) in raster order of the cells that the parts of every axis, from 0, make together.

    >>> cells([torch.tensor([0, 1]), torch.tensor([0, 0, 1])])
    tensor([[0, 0, 1],
            [2, 2, 3]])
    """
    labels = axes[0]
    for parts in axes[1:]:
        labels = labels[..., None] * (int(parts[-1]) + 1) + parts
    return labels


def unit_values(query: Query, explanation: Explanation, units: FeatureGroups) -> Tensor:
    """Attribution (B,G) of each unit: signed, summed over channels, the mean over its positions; NaN beyond counts.

    A group attribution over these very groups is taken as it is.
    """
    values, own = explanation.attribution, explanation.groups
    if explanation.level == "group":
        assert own is not None, "checked at the door"
        if own.labels.shape == units.labels.shape and bool((own.labels == units.labels).all()):
            return values
        values = own.broadcast(values.nan_to_num())
    if explanation.level == "spatial":
        values = values.squeeze(1) if values.ndim > 3 else values
    elif values.shape == query.inputs.shape and values.ndim > 2 and units.labels.shape != values.shape:
        values = values.sum(2 if values.ndim == 3 else 1)
    return units.mean(values)


def descending(query: Query, values: Tensor, ties: Ties) -> Tensor:
    """Units (B,G) from the highest value to the lowest, units beyond counts (NaN) last.

    Equal values come in the order of their numbers (raster order), or in a random order drawn from the sample's seed.
    """
    ranked = values.nan_to_num(nan=-torch.inf)
    if ties == "stable" or not values.shape[1]:
        return ranked.argsort(dim=1, descending=True, stable=True)
    shuffled = query.uniform(values.shape[1]).argsort(1)  # unlike permutations, draws that do not depend on G
    return shuffled.gather(1, ranked.gather(1, shuffled).argsort(dim=1, descending=True, stable=True))
