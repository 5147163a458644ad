"""The images of a source as they are, all classes or some."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry, TaskData, sample_ids
from xaiplug_trainers.sources import Images, Source, divided, open_source

__all__ = ["PlainImages", "as_samples"]


@dataclass(frozen=True)
class PlainImages(TaskData):
    """Images of `source`; of every class, or of `classes` (their indices) numbered in the order given.

    `source` is a name of `sources/`, or `module:Class` of your own.
    """

    source: str = "digits"
    data_root: str | None = None
    download: bool = False
    classes: list[int] | None = None
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    def __post_init__(self) -> None:
        known = range(len(self._source().class_names))
        chosen = self._chosen()
        if len(chosen) < 2 or len(set(chosen)) < len(chosen) or not set(chosen) <= set(known):
            raise DataError(f"classes must be two or more different indices below {len(known)}, not {chosen}")

    @property
    def geometry(self) -> Geometry:
        source = self._source()
        return Geometry((source.channels, source.size, source.size), len(self._chosen()), source.mean, source.std)

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(self._source().class_names[index] for index in self._chosen())

    def source_identity(self) -> str:
        return self._source().identity()

    def load(self, split: str) -> Samples:
        images = divided(self._source(), self.split_seed)[self.splits.index(split)]
        images = images[np.flatnonzero(np.isin(images.labels, self._chosen()))]
        # Train and val share the numbering of the source's train part.
        samples = as_samples(images, f"{self.source}-{'test' if split == 'test' else 'train'}")
        new = torch.full((len(self._source().class_names),), -1)
        new[self._chosen()] = torch.arange(len(self._chosen()))
        return Samples(samples.inputs, new[samples.labels], None, samples.ids)

    def _chosen(self) -> list[int]:
        return list(range(len(self._source().class_names))) if self.classes is None else self.classes

    def _source(self) -> Source:
        return open_source(self.source, self.data_root, self.download)


def as_samples(images: Images, prefix: str) -> Samples:
    """Images in [0,1] with the ids `<prefix>-<number>`."""
    inputs = torch.from_numpy(np.ascontiguousarray(images.pixels)).float().div(255)
    return Samples(inputs, torch.from_numpy(images.labels), None, sample_ids(prefix, images.numbers))
