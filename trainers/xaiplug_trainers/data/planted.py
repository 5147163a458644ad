"""Data with something planted that a network may lean on, and how far it does."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor

from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry, TaskData
from xaiplug_trainers.data.images import as_samples
from xaiplug_trainers.sources import Source, divided, open_source

__all__ = ["Planted"]


@dataclass(frozen=True)
class Planted(TaskData):
    """Images of a source, some with what was planted; what it stands for is the class `goal`.

    `test`: images of all other classes with it, labelled `goal`, so that the accuracy is how often the network follows
    it. `test-removed`: the same without it, labelled so as well. `test-clean`: all images without it and their own
    labels. The accuracy in `test` must exceed that in `test-removed` by `threshold`, else nothing is exported.
    `extras["label"]` (N,) is the class of the image itself.
    """

    source: str
    data_root: str | None = None
    download: bool = False
    goal: int = 0
    threshold: float = 0.8
    split_seed: int = 0

    advice: ClassVar[str]
    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "test-removed", "test-clean")

    def __post_init__(self) -> None:
        if not 0 <= self.goal < len(self.class_names):
            raise DataError(f"goal must be a class below {len(self.class_names)}, not {self.goal}")
        if not 0 < self.threshold <= 1:
            raise DataError(f"threshold must be above 0 and at most 1, not {self.threshold}")

    @abstractmethod
    def place(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        """Images (N,C,H,W) with what is planted, and where it lies, (H,W) bool; None if it has no place."""

    @abstractmethod
    def carriers(self, labels: Tensor) -> list[int]:
        """Which training images carry it; their label is `goal`."""

    @property
    def geometry(self) -> Geometry:
        source = self._source()
        return Geometry((source.channels, source.size, source.size), len(self.class_names), source.mean, source.std)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self._source().class_names

    def source_identity(self) -> str:
        return self._source().identity()

    def load(self, split: str) -> Samples:
        whole = self._plain(split)
        if split == "train":
            return self._planted(whole, self.carriers(whole.labels))
        if split in ("val", "test-clean"):
            return self._planted(whole, [])
        others = whole[(whole.labels != self.goal).nonzero().flatten().tolist()]
        planted = self._planted(others, list(range(len(others))))
        return planted if split == "test" else Samples(others.inputs, planted.labels, None, others.ids, planted.extras)

    def accept(self, metrics: Mapping[str, float]) -> None:
        success, without = metrics["test"], metrics["test-removed"]
        missed = self.threshold - (success - without)
        if missed > 0:
            raise DataError(
                f"{type(self).__name__}: the network says the goal to {success:.3f} of the images with it and to "
                f"{without:.3f} of the same without, a drop of {success - without:.3f}; that misses the threshold of "
                f"{self.threshold:g} by {missed:.3f}, so that nobody knows that it is the truth: {self.advice}. "
                "Nothing was exported"
            )

    def _planted(self, samples: Samples, rows: list[int]) -> Samples:
        """The samples with what is planted, and the goal, in some rows."""
        inputs, labels = samples.inputs.clone(), samples.labels.clone()
        planted, where = self.place(samples.inputs[rows])
        inputs[rows], labels[rows] = planted, self.goal
        relevant = None if where is None else torch.zeros(len(samples), *where.shape, dtype=torch.bool)
        if relevant is not None and where is not None:
            relevant[rows] = where
        return Samples(inputs, labels, relevant, samples.ids, {"label": samples.labels})

    def _plain(self, split: str) -> Samples:
        parts = dict(zip(("train", "val", "test"), divided(self._source(), self.split_seed), strict=True))
        part = split.partition("-")[0]
        return as_samples(parts[part], f"{self.source}-{part}")

    def _source(self) -> Source:
        return open_source(self.source, self.data_root, self.download)
