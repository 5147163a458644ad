"""What a source is, how one is opened by name, and how its images are divided."""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from xaiplug.errors import DataError
from xaiplug_trainers.named import imported, place_of

__all__ = ["Images", "Part", "Source", "blocks", "divided", "draw", "open_source", "stratified"]

Part = Literal["train", "test"]

_SOURCES = {
    "digits": "xaiplug_trainers.sources.digits:Digits",
    "shapes": "xaiplug_trainers.sources.shapes:Shapes",
    "mnist": "xaiplug_trainers.sources.mnist:Mnist",
    "cifar10": "xaiplug_trainers.sources.cifar10:Cifar10",
    "photos": "xaiplug_trainers.sources.photos:Photos",
}


@dataclass(frozen=True)
class Images:
    """Pixels (N,C,H,W) uint8, labels (N,) int64, and the source's own number of each image (N,) int64."""

    pixels: NDArray[np.uint8]
    labels: NDArray[np.int64]
    numbers: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, indices: NDArray[np.int64]) -> "Images":
        return Images(self.pixels[indices], self.labels[indices], self.numbers[indices])


@dataclass(frozen=True)
class Source(ABC):
    """Labelled images in two parts that share none: `train` and `test`.

    `data_root`: the folder to look in (else the environment variable XAIPLUG_DATA); `download`: fetch what is missing.
    Embedded sources need neither. `mean` and `std` (per channel, of [0,1]) are what networks should normalise with.
    """

    data_root: str | None = None
    download: bool = False

    name: ClassVar[str]
    channels: ClassVar[int]
    size: ClassVar[int]
    class_names: ClassVar[tuple[str, ...]]
    mean: ClassVar[tuple[float, ...] | None] = None
    std: ClassVar[tuple[float, ...] | None] = None

    @abstractmethod
    def images(self, part: Part) -> Images:
        """All images of one part. Raises `DataError` when the files are not there."""

    @abstractmethod
    def identity(self) -> str:
        """A short string that changes when the images do, and not with the folder that they lie in."""


def open_source(name: str, data_root: str | None = None, download: bool = False) -> Source:
    """The source called `name`, or a class `module:Class` of your own. Raises `DataError` naming the known ones."""
    place = place_of("source", name, _SOURCES)
    cls = imported(place)
    if not (isinstance(cls, type) and issubclass(cls, Source)):
        raise DataError(f"source {name} is no subclass of xaiplug_trainers.sources.Source")
    return cls(data_root=data_root, download=download)


def stratified(labels: NDArray[np.int64], share: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Indices (kept, taken), each ascending: of every class, the rounded `share` is taken, at random from `seed`."""
    rng = np.random.default_rng(seed)
    taken: list[NDArray[np.int64]] = []
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        taken.append(members[: round(share * len(members))])
    chosen = np.sort(np.concatenate(taken))
    return np.setdiff1d(np.arange(len(labels)), chosen), chosen


def divided(source: Source, seed: int, share: float = 0.1) -> tuple[Images, Images, Images]:
    """`train`, `val` and `test` images: val is a `share` of the source's train part, test the source's own."""
    whole = source.images("train")
    train, val = stratified(whole.labels, share, seed)
    return whole[train], whole[val], source.images("test")


def blocks(labels: NDArray[np.int64], count: int, seed: int) -> NDArray[np.int64]:
    """For each sample (N,) one of `count` blocks; classes are spread evenly over the blocks."""
    rng = np.random.default_rng(seed)
    block = np.empty(len(labels), dtype=np.int64)
    for label in np.unique(labels):
        members = rng.permutation(np.flatnonzero(labels == label))
        block[members] = np.arange(len(members)) % count
    return block


def draw(count: int, available: int, seed: int) -> NDArray[np.int64]:
    """`count` indices below `available`, shuffled; each is drawn again only after all were drawn."""
    rng = np.random.default_rng(seed)
    rounds = [rng.permutation(available) for _ in range(-(-count // available))]
    return np.concatenate(rounds)[:count]
