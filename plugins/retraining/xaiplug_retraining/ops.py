"""Ranking positions and removing them: tensors in, tensors out."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor

from xaiplug import Explanation
from xaiplug.data.groups import grid_of, on_grid
from xaiplug.data.seeds import generator, sample_seeds

RankBy = Literal["absolute", "signed"]
Fill = Literal["mean", "resample"]


def ranks(explanation: Explanation, shape: tuple[int, ...], by: RankBy) -> Tensor:
    """Rank (N,*grid) of every position, 0 the most important; equal ones in raster order.

    Attributions are summed over channels (or embedding dimensions) first.
    """
    values = explanation.on_inputs(shape)
    grid = grid_of(shape)
    if len(shape) > 2:
        values = values.sum(1)
    elif len(shape) == 2 and values.ndim == 3:
        values = values.sum(2)
    flat = values.flatten(1)
    order = (flat.abs() if by == "absolute" else flat).argsort(dim=1, descending=True, stable=True)
    return order.argsort(dim=1).view(-1, *grid)


def without(inputs: Tensor, rank: Tensor, percent: float, fill: Tensor) -> Tensor:
    """Inputs (N,*shape) whose `percent` % highest-ranked positions are taken from `fill` (N,*shape) or (*shape).

    Whole positions only: ⌊percent/100 · positions⌋ of them.
    """
    count = int(rank[0].numel() * percent / 100 + 1e-9)
    return torch.where(on_grid(rank < count, tuple(inputs.shape[1:])), fill, inputs)


def filling(inputs: Tensor, train: Tensor, fill: Fill, seed: int) -> Tensor:
    """What removed positions become: the training mean per channel, or draws from the training data, per position.

    Draws belong to the sample: they depend on `seed` and on the sample's own content.
    """
    shape = tuple(inputs.shape[1:])
    if fill == "mean":
        axes = tuple(i for i in range(train.ndim) if i != 1)
        return train.mean(axes).view(-1, *[1] * (len(shape) - 1)).expand(shape)
    grid = grid_of(shape)
    drawn = torch.empty_like(inputs)
    for row, own in enumerate(sample_seeds(inputs, seed).tolist()):
        chosen = torch.randint(len(train), grid, generator=generator(own))
        index = on_grid(chosen[None], shape).expand(1, *shape)
        drawn[row] = train.gather(0, index)[0]
    return drawn
