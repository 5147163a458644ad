"""A partition of every sample's features into groups: super-pixels, patches, words, columns."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from xaiplug.data.brief import brief, size, tally
from xaiplug.errors import ShapeError


def on_grid(values: Tensor, shape: tuple[int, ...]) -> Tensor:
    """View per-position `values` (N,*grid) so that they broadcast against (N,*shape).

    Images (C,H,W) have the grid (H,W), volumes (C,D,H,W) the grid (D,H,W), embeddings (L,D) the grid (L,), rows (F,)
    the grid (F,). A grid equal to the whole shape addresses single scalars.
    """
    grid = tuple(values.shape[1:])
    if grid == shape:
        return values
    if len(shape) > 2 and grid == shape[1:]:
        return values.unsqueeze(1)
    if len(shape) == 2 and grid == shape[:1]:
        return values.unsqueeze(-1)
    raise ShapeError(f"a grid of {grid} does not fit samples of shape {shape}; expected {grid_of(shape)} or {shape}")


def grid_of(shape: tuple[int, ...]) -> tuple[int, ...]:
    """The grid of positions in a sample: (H,W) of (C,H,W), (D,H,W) of (C,D,H,W), (L,) of (L,D), (F,) of (F,)."""
    return shape[1:] if len(shape) > 2 else shape[:1]


@dataclass(frozen=True, eq=False, repr=False)
class FeatureGroups:
    """Group `labels` (B,*grid) int64: 0..counts[b]-1, or -1 = in no group.

    (B,G) results have `G = count` columns, the largest of `counts` (B,); columns >= counts[b] are NaN and never
    players. Features in no group are always kept in a game and get 0.
    """

    labels: Tensor
    counts: Tensor

    def __repr__(self) -> str:
        samples, grid = tally(len(self.labels), "sample"), size(self.labels.shape[1:])
        return brief("FeatureGroups", samples, f"up to {tally(self.count, 'group')} each", f"on {grid}")

    @classmethod
    def from_labels(cls, labels: Tensor) -> FeatureGroups:
        """Number the groups of each sample from 0 without gaps, in the order of their labels; negative ones become -1.

        >>> FeatureGroups.from_labels(torch.tensor([[5, 5, -1, 9]])).labels
        tensor([[ 0,  0, -1,  1]])

        Raises:
            ShapeError: labels are no integer tensor (B,*grid).
        """
        if labels.ndim < 2 or labels.is_floating_point() or labels.is_complex():
            raise ShapeError(f"labels must be an integer tensor (B,*grid), got {tuple(labels.shape)} {labels.dtype}")
        flat = labels.long().flatten(1).clamp(min=-1)
        dense = flat.numel() > 0 and int(flat.max()) <= 4 * flat.shape[1]
        numbered = _by_presence(flat) if dense else _by_sorting(flat)
        counts = numbered.amax(1) + 1 if flat.shape[1] else flat.new_zeros(flat.shape[0])
        return cls(numbered.view_as(labels), counts)

    @classmethod
    def of_cells(
        cls, batch: int, cells: tuple[int, ...], grid: tuple[int, ...], device: torch.device | None = None
    ) -> FeatureGroups:
        """The cells (h,w) of a coarse map over images (H,W) in raster order: pixel y is in row ⌊y·h/H⌋.

        >>> FeatureGroups.of_cells(1, (1, 2), (2, 3)).labels
        tensor([[[0, 0, 1],
                 [0, 0, 1]]])
        """
        row, column = (torch.arange(side, device=device) * n // side for side, n in zip(grid, cells, strict=True))
        labels = (row[:, None] * cells[1] + column).expand(batch, *grid)
        return cls(labels, torch.full((batch,), cells[0] * cells[1], device=device))

    @property
    def count(self) -> int:
        """G, the largest number of groups of any sample."""
        return int(self.counts.max()) if self.counts.numel() else 0

    @property
    def players(self) -> Tensor:
        """(B,G) bool: which columns are groups of the sample."""
        return torch.arange(self.count, device=self.labels.device) < self.counts[:, None]

    def to(self, device: torch.device | str) -> FeatureGroups:
        return FeatureGroups(self.labels.to(device), self.counts.to(device))

    def __getitem__(self, rows: Tensor | slice) -> FeatureGroups:
        """The groups of some samples."""
        return FeatureGroups(self.labels[rows], self.counts[rows])

    def sizes(self) -> Tensor:
        """Positions per group, (B,G); 0 beyond counts[b]."""
        return self._scatter(torch.ones_like(self.labels, dtype=torch.int64), ())

    def sum(self, values: Tensor) -> Tensor:
        """Sum of all scalars of each group: (B,*shape) -> (B,G), NaN beyond counts[b].

        >>> FeatureGroups.from_labels(torch.tensor([[0, 0, 1, 1]])).sum(torch.tensor([[1., 3., -2., 5.]]))
        tensor([[4., 3.]])
        """
        return self._pad(self._scatter(values, tuple(values.shape[1:]))).to(values.dtype)

    def mean(self, values: Tensor) -> Tensor:
        """Mean of all scalars of each group: (B,*shape) -> (B,G), NaN beyond counts[b]."""
        sizes = self._scatter(torch.ones_like(values, dtype=torch.int64), tuple(values.shape[1:]))
        return self._pad(self._scatter(values, tuple(values.shape[1:])) / sizes.clamp(min=1)).to(values.dtype)

    def broadcast(self, per_group: Tensor) -> Tensor:
        """Every position gets its group's value: (B,G) or (R,G) with R = B -> (B,*grid); 0 in no group.

        >>> FeatureGroups.from_labels(torch.tensor([[0, 0, -1]])).broadcast(torch.tensor([[7.]]))
        tensor([[7., 7., 0.]])
        """
        flat = self.labels.flatten(1)
        taken = per_group.gather(1, flat.clamp(min=0)) if self.count else per_group.new_zeros(flat.shape)
        return torch.where(flat >= 0, taken, torch.zeros((), dtype=taken.dtype, device=taken.device)).view_as(
            self.labels
        )

    def keep(self, rows: Tensor, coalitions: Tensor) -> Tensor:
        """Positions (R,*grid) kept of sample `rows[r]` with the groups `coalitions[r]` (R,G) bool; -1 always is."""
        grid = self.labels.shape[1:]
        present = torch.cat([coalitions, coalitions.new_ones(len(rows), 1)], dim=1)
        columns = self._columns
        kept = present.new_empty(len(rows), columns.shape[1])
        samples, runs = rows.unique_consecutive(return_counts=True)
        start = 0
        for sample, run in zip(samples.tolist(), runs.tolist(), strict=True):
            kept[start : start + run] = present[start : start + run].index_select(1, columns[sample])
            start += run
        return kept.view(len(rows), *grid)

    def validate(self, inputs: Tensor) -> FeatureGroups:
        """Check against inputs (B,*shape); returns self.

        Raises:
            ShapeError: another batch size, or a grid that does not fit.
        """
        if self.labels.shape[0] != inputs.shape[0]:
            raise ShapeError(f"labels are for {self.labels.shape[0]} samples, inputs have {inputs.shape[0]}")
        on_grid(self.labels, tuple(inputs.shape[1:]))
        return self

    @cached_property
    def _columns(self) -> Tensor:
        """Labels (B,positions) with `count` for those in no group."""
        flat = self.labels.flatten(1)
        return flat.masked_fill(flat < 0, self.count)

    def _scatter(self, values: Tensor, shape: tuple[int, ...]) -> Tensor:
        """Sums (B,G); those of values in 16 bits in 32, in which they add up."""
        labels = self.labels if not shape else on_grid(self.labels, shape).expand(-1, *shape)
        flat, groups = labels.flatten(1), self.count
        wide = torch.promote_types(values.dtype, torch.float32) if values.is_floating_point() else values.dtype
        out = values.new_zeros(flat.shape[0], groups + 1, dtype=wide)
        out.scatter_add_(1, torch.where(flat < 0, groups, flat), values.flatten(1).to(wide))
        return out[:, :groups]

    def _pad(self, per_group: Tensor) -> Tensor:
        return per_group.masked_fill(~self.players, torch.nan)


def _by_presence(flat: Tensor) -> Tensor:
    """Labels (B,N) >= -1 without gaps, in time linear in N and the largest label."""
    width = int(flat.max()) + 2
    first = torch.arange(len(flat), device=flat.device)[:, None] * width
    used = torch.bincount((flat + 1 + first).flatten(), minlength=len(flat) * width).view(-1, width) > 0
    used[:, 0] = False
    ranks = used.cumsum(1) - 1
    ranks[:, 0] = -1
    return ranks.gather(1, flat + 1)


def _by_sorting(flat: Tensor) -> Tensor:
    """The same where labels are much larger than their number."""
    numbered = torch.full_like(flat, -1)
    for row, into in zip(flat, numbered, strict=True):
        inside = row >= 0
        into[inside] = row[inside].unique(return_inverse=True)[1]
    return numbered
