"""Rectangular patches."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Segmenter
from xaiplug.data.seeds import generator
from xaiplug.errors import ComponentError


class Grid(Segmenter):
    """Rectangular patches.

    In raster order, the same for every image. By `patch`: squares of that side, cubes of a volume; what does not fit is
    a narrower patch at the right and bottom. By `rows` and `columns`: that many cells each way, pixel y in row
    ⌊y · rows / H⌋ (nearest upsampling of a rows x columns map), so that cells differ by at most one pixel where the
    image does not divide.

    >>> Grid(patch=2).segment(torch.zeros(1, 3, 2, 5), torch.zeros(1))
    tensor([[[0, 0, 1, 1, 2],
             [0, 0, 1, 1, 2]]])
    >>> Grid(rows=1, columns=2).segment(torch.zeros(1, 3, 1, 5), torch.zeros(1))
    tensor([[[0, 0, 0, 1, 1]]])

    Raises:
        ComponentError: more rows or columns than pixels.
    """

    stochastic = False
    volumes = True

    patch: Annotated[int, Ge(1)] = 16
    """Side of a square patch in pixels; does not count along an axis whose number of cells is given."""
    rows: Annotated[int, Ge(1)] | None = None
    """Cells from top to bottom."""
    columns: Annotated[int, Ge(1)] | None = None
    """Cells from left to right."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        grid = images.shape[2:]
        given = [(None, "slices")] * (len(grid) - 2) + [(self.rows, "rows"), (self.columns, "columns")]
        labels = torch.zeros((), dtype=torch.int64)
        for side, (count, name) in zip(grid, given, strict=True):
            cells = self._cells(side, count, name)
            labels = labels[..., None] * (int(cells[-1]) + 1) + cells
        return labels.to(images.device).expand(len(images), *grid)

    def _cells(self, side: int, count: int | None, name: str) -> Tensor:
        positions = torch.arange(side)
        if count is None:
            return positions // self.patch
        if count > side:
            raise ComponentError(f"grid: {name}={count} is more than the image's {side} pixels")
        return positions * count // side


class RandomPartition(Segmenter):
    """Uniform random labels: a control.

    Each pixel is in one of the groups, by the sample's seed: what super-pixels are compared with.

    Every group has a pixel where the image has enough of them.
    """

    volumes = True

    target_groups: Annotated[int, Ge(1)] = 100
    """Number of groups."""

    def segment(self, images: Tensor, seeds: Tensor) -> Tensor:
        pixels = images.shape[2:]
        labels = torch.empty(len(images), *pixels, dtype=torch.int64)
        for row, seed in zip(labels, seeds.tolist(), strict=True):
            drawn = generator(seed)
            flat = torch.randint(self.target_groups, (pixels.numel(),), generator=drawn)
            first = torch.randperm(pixels.numel(), generator=drawn)[: self.target_groups]
            flat[first] = torch.arange(len(first))
            row.copy_(flat.view(pixels))
        return labels.to(images.device)
