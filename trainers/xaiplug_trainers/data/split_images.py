"""One data set, several models, each having seen its own part."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry, TaskData, generator
from xaiplug_trainers.data.images import as_samples
from xaiplug_trainers.sources import Source, blocks, divided, open_source

__all__ = ["SplitImages"]


@dataclass(frozen=True)
class SplitImages(TaskData):
    """The training images in `folds` stratified blocks; model number `fold` sees what `mode` says.

    `halves`: its own block only. `folds`: every block but its own (K-fold cross-validation). `seeds`: everything, and
    only the seed differs. `without-one`: model 0 everything, each other all but one image drawn for it, and all from
    one seed. Split `train` is what model `fold` sees, `pool` all training images, `val` and `test` what no model sees.
    `extras["block"]` (N,) is each image's block, -1 outside the pool; `extras["seen"]` (N,folds) bool
    says which model trained on it.
    """

    source: str = "shapes"
    data_root: str | None = None
    download: bool = False
    mode: Literal["halves", "folds", "seeds", "without-one"] = "halves"
    folds: int = 2
    fold: int = 0
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "pool")
    one_seed: ClassVar[tuple[str, ...]] = ("without-one",)
    """Modes whose models are trained from one seed."""

    def __post_init__(self) -> None:
        if self.folds < 2:
            raise DataError(f"folds must be at least 2, not {self.folds}")
        if not 0 <= self.fold < self.folds:
            raise DataError(f"there are {self.folds} folds, numbered from 0; there is no fold {self.fold}")

    @property
    def geometry(self) -> Geometry:
        source = self._source()
        shape = (source.channels, source.size, source.size)
        return Geometry(shape, len(source.class_names), source.mean, source.std)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self._source().class_names

    def source_identity(self) -> str:
        return self._source().identity()

    def load(self, split: str) -> Samples:
        pool, val, test = divided(self._source(), self.split_seed, share=0.05)
        if split in ("val", "test"):
            images, block = (val, test)[split == "test"], None
        else:
            images, block = pool, blocks(pool.labels, self.folds, self.split_seed)
            if split == "train":
                mine = np.flatnonzero(self._seen(block)[:, self.fold])
                images, block = images[mine], block[mine]
        plain = as_samples(images, f"{self.source}-{'test' if split == 'test' else 'train'}")
        block = np.full(len(images), -1) if block is None else block
        truth = {"block": torch.from_numpy(block), "seen": torch.from_numpy(self._seen(block))}
        return Samples(plain.inputs, plain.labels, None, plain.ids, truth)

    def _seen(self, block: NDArray[np.int64]) -> NDArray[np.bool_]:
        """(N,folds): whether each model trains on each image."""
        own: NDArray[np.bool_] = block[:, None] == np.arange(self.folds)
        in_pool: NDArray[np.bool_] = (block >= 0)[:, None]
        if self.mode == "without-one":
            seen = np.repeat(in_pool, self.folds, 1)
            drawn = generator(self.split_seed, "without-one").permutation(np.flatnonzero(in_pool))
            left_out = drawn[: self.folds - 1]
            seen[left_out, np.arange(1, len(left_out) + 1)] = False
            return seen
        if self.mode == "halves":
            return own
        return ~own & in_pool if self.mode == "folds" else own | in_pool

    def _source(self) -> Source:
        return open_source(self.source, self.data_root, self.download)
