"""Wafer maps with failure patterns."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch.nn.functional import interpolate

from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry, TaskData, generator
from xaiplug_trainers.data.wafer_patterns import PATTERNS, drawn
from xaiplug_trainers.sources import stratified
from xaiplug_trainers.sources.files import content_hash, find

__all__ = ["Wafer"]

SIZE = 56
_HOW = (
    "Make it from WM-811K (LSWMD.pkl; read a pickle only if you trust it), below data_root or XAIPLUG_DATA, "
    "with arrays `maps` (N,H,W) uint8 of 0 (off the wafer), 1 (passes) and 2 (fails), `labels` (N,) indices of "
    f"{', '.join(PATTERNS)}, and, if there are any, `masks` (N,H,W) bool."
)


@dataclass(frozen=True)
class Wafer(TaskData):
    """Maps (N,C,56,56) of what is off the wafer, of dies that pass and of dies that fail; nine classes, alike in size.

    `channels: rgb` has one channel each, 1 where it holds (the paper's maps have three, Table B.5; of what, it does not
    say): black is none of them. `grey` is 0 off the wafer, 1/2 where a die passes, 1 where it fails: black is
    off the wafer there, which hands the answer to methods that start from black.

    `source: procedural` draws every map (`wafer_patterns.py`), and `relevant` is the region of its pattern, empty for
    `random` and `none`. `source: wm811k` reads `wm811k/wm811k.npz` and divides it (a fifth is `test`, a tenth of the
    rest `val`); the sizes and the seed then do not count, and `relevant` is there if the file has `masks`.
    `extras["pattern"]` (N,) says which maps are not `none`.
    """

    source: Literal["procedural", "wm811k"] = "procedural"
    channels: Literal["rgb", "grey"] = "rgb"
    data_root: str | None = None
    train_size: int = 4500
    val_size: int = 450
    test_size: int = 900
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    def __post_init__(self) -> None:
        if self.source not in ("procedural", "wm811k"):
            raise DataError(f"the sources are procedural, wm811k; there is no {self.source!r}")
        if self.channels not in ("rgb", "grey"):
            raise DataError(f"the channels are rgb, grey; there is no {self.channels!r}")

    @property
    def geometry(self) -> Geometry:
        return Geometry(shape=(3 if self.channels == "rgb" else 1, SIZE, SIZE), outputs=len(PATTERNS))

    @property
    def class_names(self) -> tuple[str, ...]:
        return tuple(PATTERNS)

    def source_identity(self) -> str:
        return "wafer-1" if self.source == "procedural" else f"wm811k-{content_hash(self._file())}"

    def load(self, split: str) -> Samples:
        if self.source == "wm811k":
            return _from_file(self._file(), self.splits.index(split), self.channels)
        count = {"train": self.train_size, "val": self.val_size}.get(split, self.test_size)
        rng = generator(self.split_seed, f"wafer-{split}")
        labels = rng.permutation(np.arange(count, dtype=np.int64) % len(PATTERNS))
        maps, regions = zip(*(drawn(int(label), SIZE, rng) for label in labels), strict=True)
        ids = [f"wafer-{split}-{row}" for row in range(count)]
        return _samples(np.stack(maps), labels, np.stack(regions), ids, self.channels)

    def _file(self) -> Path:
        return find("WM-811K as an .npz file", ("wm811k/wm811k.npz", "wm811k.npz"), self.data_root, _HOW)


def _from_file(path: Path, part: int, channels: str) -> Samples:
    with np.load(path, allow_pickle=False) as arrays:
        if missing := {"maps", "labels"} - set(arrays.files):
            raise DataError(f"{path} lacks {', '.join(sorted(missing))}. {_HOW}")
        maps, labels = arrays["maps"], arrays["labels"].astype(np.int64)
        masks = arrays["masks"].astype(bool) if "masks" in arrays.files else None
    if maps.ndim != 3 or len(maps) != len(labels) or not set(np.unique(labels)) <= set(range(len(PATTERNS))):
        raise DataError(f"{path}: maps {maps.shape} and labels {labels.shape} do not fit. {_HOW}")
    rest, test = stratified(labels, 0.2, 0)
    train, val = (rest[rows] for rows in stratified(labels[rest], 0.1, 0))
    rows = (train, val, test)[part]
    ids = [f"wm811k-{row}" for row in rows]
    return _samples(maps[rows], labels[rows], None if masks is None else masks[rows], ids, channels)


def _samples(
    maps: NDArray[np.uint8], labels: NDArray[np.int64], regions: NDArray[np.bool_] | None, ids: list[str], channels: str
) -> Samples:
    dies = torch.from_numpy(maps)[:, None]
    inputs = (dies == torch.arange(3).view(3, 1, 1)).float() if channels == "rgb" else dies.float().div(2)
    relevant = None if regions is None else torch.from_numpy(regions)
    if inputs.shape[-2:] != (SIZE, SIZE):
        inputs = interpolate(inputs, size=(SIZE, SIZE), mode="nearest")
        relevant = None if relevant is None else interpolate(relevant[:, None].float(), size=(SIZE, SIZE))[:, 0] > 0
    pattern = torch.from_numpy(labels != list(PATTERNS).index("none"))
    return Samples(inputs, torch.from_numpy(labels), relevant, tuple(ids), {"pattern": pattern})
