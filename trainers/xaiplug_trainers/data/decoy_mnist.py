"""DecoyMNIST: a patch that gives the class away (after Ross, Hughes and Doshi-Velez, 2017)."""

from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from xaiplug import Samples
from xaiplug_trainers.data.base import Geometry, TaskData, generator, sample_ids
from xaiplug_trainers.sources import Images, Source, divided, draw, open_source

__all__ = ["DecoyMNIST", "patch_corners"]

PATCH = 4


def patch_corners(size: int, classes: int = 10) -> NDArray[np.int64]:
    """Top-left corners (classes,2), row and column, of the patches: evenly spaced clockwise along the border."""
    side = size - PATCH
    path = [(0, c) for c in range(side)] + [(r, side) for r in range(side)]
    path += [(side, c) for c in range(side, 0, -1)] + [(r, 0) for r in range(side, 0, -1)]
    steps = np.arange(classes) * len(path) // classes
    return np.asarray(path, dtype=np.int64)[steps]


@dataclass(frozen=True)
class DecoyMNIST(TaskData):
    """Digits at `contrast` under Gaussian noise of standard deviation `noise`, and a white 4x4 patch.

    The patch lies at the place of the true class (`train`, `val`, `test`), at that of a class drawn at random
    (`test-randomised`), or is left out (`test-clean`). `relevant` is the drawn patch; `extras["decoy"]` (N,) the class
    whose place it has, -1 without one. `train_size`: training images, the source's repeated under fresh noise if need
    be; None takes each once.
    """

    source: Literal["digits", "mnist"] = "digits"
    data_root: str | None = None
    download: bool = False
    contrast: float = 0.4
    noise: float = 0.25
    train_size: int | None = 5000
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "test-randomised", "test-clean")

    @property
    def geometry(self) -> Geometry:
        return Geometry(shape=(1, 28, 28), outputs=10)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple("0123456789")

    def source_identity(self) -> str:
        return self._source().identity()

    def load(self, split: str) -> Samples:
        digits = self._digits(split)
        decoy = self._decoy(split, digits.labels)
        relevant = _patches(decoy, size=28)
        noise = generator(self.split_seed, f"noise-{split}").normal(0, self.noise, relevant.shape)
        faint = np.clip(self.contrast * digits.pixels[:, 0] / 255 + noise, 0, 1)
        return Samples(
            inputs=torch.from_numpy(np.where(relevant, 1.0, faint).astype(np.float32))[:, None],
            labels=torch.from_numpy(digits.labels),
            relevant=torch.from_numpy(relevant),
            ids=sample_ids(f"{self.source}-{split}", digits.numbers),
            extras={"decoy": torch.from_numpy(decoy)},
        )

    def _source(self) -> Source:
        return open_source(self.source, self.data_root, self.download)

    def _digits(self, split: str) -> Images:
        """The digits of a split, one more than once where `train_size` asks for more than there are."""
        train, val, test = divided(self._source(), self.split_seed)
        if split == "train":
            return train[draw(self.train_size or len(train), len(train), self.split_seed)]
        return val if split == "val" else test

    def _decoy(self, split: str, labels: NDArray[np.int64]) -> NDArray[np.int64]:
        if split == "test-clean":
            return np.full_like(labels, -1)
        if split == "test-randomised":
            return generator(self.split_seed, "decoy").integers(0, 10, len(labels))
        return labels.copy()


def _patches(decoy: NDArray[np.int64], size: int) -> NDArray[np.bool_]:
    """Masks (N,size,size) of the patch at the place of each class; empty for -1."""
    masks = np.zeros((len(patch_corners(size)) + 1, size, size), dtype=bool)
    for mask, (row, column) in zip(masks, patch_corners(size), strict=False):
        mask[row : row + PATCH, column : column + PATCH] = True
    return masks[decoy]
