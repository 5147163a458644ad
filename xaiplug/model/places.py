"""Where the places of a layer lie in its output: found by looking at what answers where, never by a name or a root.

Five images are sent through: one of noise, and four in which it fades into other noise, downwards, upwards, to the
right and to the left. What lies at height y (0 top, 1 bottom) answers the first fade y times as much as it would answer
all of the other noise, and the second 1-y times; so |change by the first| / (|by the first| + |by the second|) tells
where it lies. Of all ways to read rows and columns from the output's shape, the one is right whose places explain most
of what was seen.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiplug.data.seeds import generator

EXTRA = 32
"""Most tokens in front that have no place: class, distillation and register tokens."""
ASIDE = 0.25
"""Largest share of what was seen that may lie along an axis of a single place."""


@dataclass(frozen=True)
class Places:
    """How an output is read as maps.

    Args:
        shape: of the output for one image; its batch axis has size 1.
        axes: where batch, channels, rows and columns are; or batch, channels and tokens.
        grid: (h,w) places.
        prefix: tokens in front that have no place.
        by_columns: tokens run down the first column first.
    """

    shape: tuple[int, ...]
    axes: tuple[int, ...]
    grid: tuple[int, int]
    prefix: int = 0
    by_columns: bool = False

    @property
    def count(self) -> int:
        return self.grid[0] * self.grid[1]

    def fits(self, values: Tensor) -> bool:
        """Whether an output has this form, for any number of images."""
        sizes = [size for axis, size in enumerate(values.shape) if axis != self.axes[0]]
        return sizes == [size for axis, size in enumerate(self.shape) if axis != self.axes[0]]

    def maps(self, values: Tensor) -> Tensor:
        """Maps (B,D,h,w) of an output.

        >>> Places((1, 7, 1), (0, 2, 1), (2, 3), prefix=1).maps(torch.arange(7).view(1, 7, 1))
        tensor([[[[1, 2, 3],
                  [4, 5, 6]]]])
        """
        ordered = values.permute(self.axes)
        if len(self.axes) == 4:
            return ordered
        tokens = ordered[:, :, self.prefix :]
        maps: Tensor = tokens.unflatten(2, self.grid[::-1]).mT if self.by_columns else tokens.unflatten(2, self.grid)
        return maps

    def others(self, values: Tensor) -> Tensor | None:
        """Tokens (B,p,D) that have no place, or None."""
        return values.permute(self.axes)[:, :, : self.prefix].mT if self.prefix else None


def fades(like: Tensor, low: float, high: float, draw: int = 0) -> Tensor:
    """Noise (5,C,H,W) in [low,high], of the kind of `like` (..,C,H,W): plain, and faded down, up, right and left."""
    height, width = like.shape[-2:]
    noise = torch.rand(2, *like.shape[-3:], generator=generator(draw), dtype=torch.float64) * (high - low) + low
    down, right = _line(height)[:, None] + 0.5, _line(width) + 0.5
    shares = [
        torch.zeros(height, width),
        *(share.expand(height, width) for share in (down, 1 - down, right, 1 - right)),
    ]
    return torch.stack([noise[0] + share * (noise[1] - noise[0]) for share in shares]).to(like)


def read(answers: Tensor, size: tuple[int, int]) -> Places | None:
    """The places in outputs (5n,*shape) for the `fades` of n draws of `size` (H,W); None where there are none.

    One axis of `shape` has size 1, the batch.
    """
    shape = tuple(answers.shape[1:])
    if 1 not in shape or len(shape) not in (3, 4):
        return None
    batch = shape.index(1)
    drawn = answers.double().unflatten(0, (-1, 5))
    changes = (drawn[:, 1:] - drawn[:, :1]).nan_to_num().square()
    best, most = None, 0.0
    for channels in {*range(len(shape))} - {batch}:
        seen = _Seen.of(changes.mean(channels + 2, keepdim=True).sqrt())
        for places in _ways(shape, batch, channels, size):
            if (explained := seen.explained(places)) > most:
                best, most = (places if seen.enough(places) else None), explained
    return best


def _ways(shape: tuple[int, ...], batch: int, channels: int, size: tuple[int, int]) -> Iterator[Places]:
    """All ways to read rows and columns, no more than there are pixels, from a shape."""
    one, *two = (axis for axis in range(len(shape)) if axis not in (batch, channels))
    if two:
        for axes in ((one, *two), (*two, one)):
            grid = (shape[axes[0]], shape[axes[1]])
            if grid[0] <= size[0] and grid[1] <= size[1]:
                yield Places(shape, (batch, channels, *axes), grid)
        return
    for prefix in range(min(EXTRA, shape[one] - 1) + 1):
        count = shape[one] - prefix
        for height in range(1, min(size[0], count) + 1):
            if count % height == 0 and count // height <= size[1]:
                for by_columns in (False, True):
                    yield Places(shape, (batch, channels, one), (height, count // height), prefix, by_columns)


@dataclass(frozen=True)
class _Seen:
    """Where each place seems to lie, -1/2 to 1/2 from the middle: `down` and `right`, of an output's shape."""

    down: Tensor
    right: Tensor

    @classmethod
    def of(cls, sizes: Tensor) -> _Seen:
        """From the sizes (n,4,*shape) of the changes by the four fades of n draws."""
        pairs = sizes.unflatten(1, (2, 2))
        both = pairs.sum(2)
        lies = (torch.where(both > 0, pairs[:, :, 0] / both.masked_fill(both == 0, 1), 0.5) - 0.5).mean(0)
        return cls(lies[0], lies[1])

    def explained(self, places: Places) -> float:
        """Per element, the squares explained by places; what has no place is thought to lie in the middle."""
        return sum(self._explained(places)) / self.down.numel()

    def enough(self, places: Places) -> bool:
        """Whether places explain enough of what was seen along both axes: the fewer there are, the more by chance."""
        least = min(0.9, 0.3 + 2.4 / places.count)
        seen = [float(lies.square().sum()) for lies in (self.down, self.right)]
        return all(
            explained >= least * total if count > 1 else total <= ASIDE * sum(seen)
            for explained, total, count in zip(self._explained(places), seen, places.grid, strict=True)
        )

    def _explained(self, places: Places) -> tuple[float, float]:
        down, right = places.maps(self.down).sum((0, 1, 3)), places.maps(self.right).sum((0, 1, 2))
        return _along(down, places.grid[1]), _along(right, places.grid[0])


def _along(sums: Tensor, count: int) -> float:
    """Squares of `count` values a place, whose sums (n,) these are, explained by a line through the middle."""
    line = _line(len(sums))
    squares = count * float(line.square().sum())
    return float((sums * line).sum().clamp(min=0)) ** 2 / squares if squares else 0.0


def _line(count: int) -> Tensor:
    """Where each of (n,) places lies, -1/2 to 1/2 from the middle."""
    return (torch.arange(count, dtype=torch.float64) + 0.5) / count - 0.5
