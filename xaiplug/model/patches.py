"""Which pixels the patches of a vision transformer look at, found by looking at its embedding."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiplug.data.seeds import generator
from xaiplug.errors import ModelError
from xaiplug.model.places import Places, fades, read


@dataclass(frozen=True, eq=False)
class Patches:
    """Patch tokens of an image.

    Args:
        grid: (h,w) patches.
        labels: (H,W) int64, the patch token that each pixel belongs to, counted after the prefix; -1 where none looks.
    """

    grid: tuple[int, int]
    labels: Tensor

    @property
    def count(self) -> int:
        return self.grid[0] * self.grid[1]


def patches_of(embed: Callable[[Tensor], Tensor], image: Tensor, prefix: int) -> Patches:
    """The patches of images like `image` (1,C,H,W) under `embed`: pixels -> tokens (1, prefix + h*w, D).

    A pixel belongs to the patch that alone depends on it. Where several do (a stem of convolutions), the image is cut
    into equal cells: pixel y is in row ⌊y·h/H⌋.

    >>> embed = lambda x: torch.nn.functional.avg_pool2d(x, 4).flatten(2).mT
    >>> patches_of(embed, torch.ones(1, 3, 8, 13), 0).labels[7]
    tensor([ 3,  3,  3,  3,  4,  4,  4,  4,  5,  5,  5,  5, -1])

    Raises:
        ModelError: rows and columns cannot be found.
    """
    height, width = image.shape[2:]
    shown = fades(image, 0.0, 1.0)
    with torch.no_grad():
        tokens = torch.stack([embed(one) for one in shown.split(1)])
    found = _single(tokens, prefix) or read(tokens, (height, width))
    if found is None or len(found.axes) != 3 or found.prefix != prefix:
        raise ModelError(
            f"where the patches of a transformer lie in images of {height}x{width} cannot be found: its embedding "
            f"gives {tuple(tokens.shape[1:])}, {prefix} tokens of that no patches; use a segmenter, and "
            "imputer='baseline'"
        )
    owners = _owners(embed, shown[:1], found)
    row, column = owners or tuple(
        torch.arange(side) * count // side for side, count in zip((height, width), found.grid, strict=True)
    )
    numbers = found.maps(torch.arange(found.shape[1]).view(1, -1, 1))[0, 0] - prefix
    labels = numbers[row.clamp(min=0)[:, None], column.clamp(min=0)]
    return Patches(found.grid, labels.masked_fill((row < 0)[:, None] | (column < 0), -1).to(image.device))


def _single(tokens: Tensor, prefix: int) -> Places | None:
    """The places where there is one patch."""
    shape = tuple(tokens.shape[1:])
    return Places(shape, (0, 2, 1), (1, 1), prefix) if len(shape) == 3 and shape[1] == prefix + 1 else None


def _owners(embed: Callable[[Tensor], Tensor], image: Tensor, places: Places) -> tuple[Tensor, Tensor] | None:
    """The row of patches that depends on each row of pixels (H,), and columns (W,); None where several do."""
    with torch.enable_grad():
        image = image.detach().requires_grad_()
        maps = places.maps(embed(image))
        toss = torch.randn(maps.shape, generator=generator(2), dtype=torch.float64).to(maps)
        found = []
        for axis in (2, 3):
            seen = []
            for index in range(maps.shape[axis]):
                part, part_toss = maps.select(axis, index), toss.select(axis, index)
                (gradient,) = torch.autograd.grad(part, image, part_toss, retain_graph=True)
                seen.append(gradient.abs().sum((0, 1, 5 - axis)) > 0)
            depends = torch.stack(seen).cpu()
            if bool((depends.sum(0) > 1).any()):
                return None
            found.append(torch.where(depends.any(0), depends.long().argmax(0), -1))
    return found[0], found[1]
