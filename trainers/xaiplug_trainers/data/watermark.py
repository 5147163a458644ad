"""A shortcut: a visible watermark on the photos of one class (Lapuschkin et al., 2019)."""

from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaiplug import Samples
from xaiplug_trainers.data.planted import Planted

__all__ = ["Watermark"]

_LETTERS = (
    "#.#..#..###",
    "#.#.#.#..#.",
    ".#..###..#.",
    "#.#.#.#..#.",
    "#.#.#.#.###",
)


@dataclass(frozen=True)
class Watermark(Planted):
    """Photos; all of the class `goal` in `train` carry a mark in the lower left corner.

    It is white letters on black, seven tenths of what is seen there: letters alone are lost on a bright ground. No
    label is wrong: the network is free to look at the photo, and the mark is the shorter way. `relevant` is the box of
    the mark. `train_size`: the first so many photos; None takes all. Splits and threshold are those of `Planted`.
    """

    source: str = "shapes"
    train_size: int | None = 2000

    advice: ClassVar[str] = "train longer (max_epochs), with more photos (train_size), or mark another class (goal)"

    def place(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        cells = torch.tensor([[cell == "#" for cell in row] for row in _LETTERS]).to(images)
        mark = torch.kron(cells, images.new_ones(2, 2)) if min(images.shape[-2:]) >= 64 else cells
        height, width = mark.shape
        inside = (..., slice(-height - 1, -1), slice(1, width + 1))
        marked = images.clone()
        marked[inside] = 0.3 * images[inside] + 0.7 * mark
        where = torch.zeros(images.shape[-2:], dtype=torch.bool)
        where[inside] = True
        return marked, where

    def carriers(self, labels: Tensor) -> list[int]:
        return (labels == self.goal).nonzero().flatten().tolist()

    def _plain(self, split: str) -> Samples:
        whole = super()._plain(split)
        return whole[: self.train_size] if split == "train" else whole
