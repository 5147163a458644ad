"""SET-SUM: four digits in a grid, labelled with the sum of the different ones (MoXI, Sumiyasu et al., 2024)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from xaiplug import Exact, FeatureGroups, Samples
from xaiplug_trainers.analytic import interactions, shapley
from xaiplug_trainers.data.base import Geometry, TaskData, generator
from xaiplug_trainers.sources import Images, Source, divided, open_source

__all__ = ["SetSum"]


@dataclass(frozen=True)
class SetSum(TaskData):
    """Grids (1,56,56) of four digits; the 31 classes are the sums 0..30, 30 being 9+8+7+6.

    `train`, `val`, `test-uniform`: four digits drawn uniformly. `test`: the largest digit twice, and two smaller ones
    (which may be equal). Train, val and test draw from different images of the source. `extras`: `digits` (N,4) in
    reading order, -1 = empty, `cells` (N,56,56) uint8 with the cell of every pixel, `shapley` (N,4) and `interactions`
    (N,4,4) of the analytic game (`analytic.py`). `exact` (not of `train`) is that game and says the sign alone: the
    logit that is explained is of a class, which any single missing digit costs, and not the sum.

    A share `empty` of the cells of `train` is black and adds nothing to the sum. A network that never saw an empty cell
    reads one as some digit, so that what is explained by blacking cells out is not the sum of what is left.
    """

    source: Literal["digits", "mnist"] = "digits"
    data_root: str | None = None
    download: bool = False
    train_size: int = 20_000
    val_size: int = 1_000
    test_size: int = 2_000
    empty: float = 0.0
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "test-uniform")

    @property
    def geometry(self) -> Geometry:
        return Geometry(shape=(1, 56, 56), outputs=31)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(map(str, range(31)))

    def source_identity(self) -> str:
        return self._source().identity()

    def load(self, split: str) -> Samples:
        part = {"train": 0, "val": 1}.get(split, 2)
        images = divided(self._source(), self.split_seed)[part]
        count = (self.train_size, self.val_size, self.test_size)[part]
        rng = generator(self.split_seed, f"grid-{split}")
        digits = _largest_twice(count, rng) if split == "test" else rng.integers(0, 10, (count, 4))
        grids = _grids(digits, images, rng)
        if split == "train" and self.empty:
            away = generator(self.split_seed, "empty").random(digits.shape) < self.empty
            digits = np.where(away, -1, digits)
            grids[np.kron(away.reshape(-1, 2, 2), np.ones((28, 28), bool))[:, None]] = 0
        worth = torch.from_numpy(digits.clip(min=0))
        return Samples(
            inputs=torch.from_numpy(grids),
            labels=_set_sum(worth),
            ids=tuple(f"{self.source}-{split}-{number}" for number in range(count)),
            extras={
                "digits": torch.from_numpy(digits),
                "cells": _cells().expand(count, -1, -1),
                "shapley": shapley(worth),
                "interactions": interactions(worth),
            },
            exact=None if split == "train" else _exact(worth),
        )

    def _source(self) -> Source:
        return open_source(self.source, self.data_root, self.download)


def _exact(worth: torch.Tensor) -> Exact:
    """The sum's game. Of it, only the sign is the class's as well: that is lost with any digit that no other has."""
    count = len(worth)
    groups = FeatureGroups(_cells().long().expand(count, -1, -1), torch.full((count,), 4))
    return Exact(groups, shapley(worth), ("sign",), interactions(worth))


def _largest_twice(count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """Digits (count,4): one of 1..9 twice and two below it, in random order."""
    largest = rng.integers(1, 10, (count, 1))
    smaller = rng.integers(0, largest, (count, 2))
    return rng.permuted(np.concatenate([largest, largest, smaller], axis=1), axis=1)


def _set_sum(digits: torch.Tensor) -> torch.Tensor:
    present = (digits[..., None] == torch.arange(10)).any(1)
    return (present * torch.arange(10)).sum(1)


def _grids(digits: NDArray[np.int64], images: Images, rng: np.random.Generator) -> NDArray[np.float32]:
    """Images (N,1,56,56) in [0,1]: for each digit a random picture of it."""
    chosen = np.empty_like(digits)
    for digit in range(10):
        here = digits == digit
        chosen[here] = rng.choice(np.flatnonzero(images.labels == digit), here.sum())
    cells = images.pixels[chosen, 0]  # (N,4,28,28)
    rows = cells.reshape(-1, 2, 2, 28, 28).transpose(0, 1, 3, 2, 4)
    grids: NDArray[np.float32] = np.divide(rows.reshape(-1, 1, 56, 56), 255, dtype=np.float32)
    return grids


def _cells() -> torch.Tensor:
    """(56,56) uint8: 0 and 1 above, 2 and 3 below."""
    half = (torch.arange(56) >= 28).to(torch.uint8)
    return 2 * half[:, None] + half
