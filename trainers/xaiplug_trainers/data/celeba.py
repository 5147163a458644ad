"""CelebA's faces with forty attributes (Liu et al., 2015), from a folder of the user's."""

from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

import numpy as np
import torch
from numpy.typing import NDArray

from xaiplug import Samples
from xaiplug.cache import cache_folder
from xaiplug.errors import DataError, did_you_mean
from xaiplug_trainers.data.base import Geometry, TaskData
from xaiplug_trainers.data.celeba_parts import PARTS
from xaiplug_trainers.data.rows import Mapped, Rows
from xaiplug_trainers.sources.files import content_hash, find

__all__ = ["CelebA"]

_LISTS = ("list_attr_celeba.txt", "list_eval_partition.txt")
_IMAGES = "img_align_celeba"
_HOW = (
    f"Get CelebA (Liu et al., 2015; for research only) and put {_LISTS[0]}, {_LISTS[1]} and the folder {_IMAGES}/ into "
    "`celeba/` below data_root or XAIPLUG_DATA."
)

_MASKS = "Write one PNG an image, not 0 where the part is, with a face parser trained on CelebAMask-HQ."


@dataclass(frozen=True)
class CelebA(TaskData):
    """Aligned faces (N,3,size,size), the middle square of each; labels (N,40) of 0 and 1, one sigmoid head each.

    The splits are the official ones, the first `train_size`, `val_size` and `test_size` images of them (None: all). A
    training holds them in memory; with `memory_map` it writes their pixels, a byte each, into the cache once, and reads
    them from there: all of CelebA at 224 pixels are 30 GB of disk. `extras` has a column (N,) bool for every attribute,
    so that a run file's `tag: Smiling` picks the faces that smile.

    `truth` names an attribute whose part of the face is `relevant`, by Table B.7 of the IG² paper: PNG masks (not 0 =
    the part) of the size of the images, `celeba/parsing/<part>/<stem of the image>.png`, as a face parser writes them;
    an image without one has no truth.
    """

    data_root: str | None = None
    size: int = 64
    train_size: int | None = 20_000
    val_size: int | None = 1_000
    test_size: int | None = 2_000
    truth: str | None = None
    memory_map: bool = False

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    def __post_init__(self) -> None:
        if self.truth is not None and self.truth not in PARTS:
            hint = did_you_mean(self.truth, PARTS)
            raise DataError(f"no part of the face tells '{self.truth}'{hint} (there is one for {', '.join(PARTS)})")

    @property
    def geometry(self) -> Geometry:
        half = (0.5, 0.5, 0.5)
        return Geometry((3, self.size, self.size), len(self.class_names), half, half, output="sigmoid")

    @property
    def class_names(self) -> tuple[str, ...]:
        return _attributes(self._list(0))[0]

    def source_identity(self) -> str:
        return f"celeba-{content_hash(self._list(0), self._list(1))}"

    def load(self, split: str) -> Samples:
        files, labels = self._listed(split)
        return Samples(
            inputs=torch.from_numpy(np.stack([self._image(file) for file in files])).float().div(255),
            labels=labels,
            relevant=self._relevant([Path(file).stem for file in files]),
            ids=tuple(f"celeba-{Path(file).stem}" for file in files),
            extras={name: labels[:, column].bool() for column, name in enumerate(self.class_names)},
        )

    def rows(self, split: str) -> Rows:
        if not self.memory_map:
            return super().rows(split)
        files, labels = self._listed(split)
        path = cache_folder() / "data" / f"{self.data_id().replace(':', '-')}-{split}.npy"
        return Mapped(path, lambda row: self._image(files[row]), labels)

    def _listed(self, split: str) -> tuple[list[str], torch.Tensor]:
        """The files of a split, and their labels (N,40)."""
        _, files, values = _attributes(self._list(0))
        part = _partition(self._list(1))
        limit = {"train": self.train_size, "val": self.val_size}.get(split, self.test_size)
        rows = [row for row, file in enumerate(files) if part.get(file) == self.splits.index(split)][:limit]
        if not rows:
            raise DataError(f"{self._list(1)} has no image of the split '{split}'. {_HOW}")
        return [files[row] for row in rows], torch.from_numpy(values[rows])

    def _image(self, file: str) -> NDArray[np.uint8]:
        """(3,size,size)"""
        folder = find(f"CelebA's {_IMAGES}", (f"celeba/{_IMAGES}", _IMAGES), self.data_root, _HOW)
        return np.ascontiguousarray(_face(folder / file, self.size).transpose(2, 0, 1))

    def _relevant(self, stems: list[str]) -> torch.Tensor | None:
        """(N,size,size) bool, or None without `truth`."""
        if self.truth is None:
            return None
        part = PARTS[self.truth]
        folder = find(f"the masks of '{part}'", (f"celeba/parsing/{part}", f"parsing/{part}"), self.data_root, _MASKS)
        masks = torch.zeros(len(stems), self.size, self.size, dtype=torch.bool)
        for mask, path in zip(masks, (folder / f"{stem}.png" for stem in stems), strict=True):
            if path.is_file():
                mask.copy_(torch.from_numpy(_face(path, self.size, "L") > 0))
        return masks

    def _list(self, which: int) -> Path:
        name = _LISTS[which]
        return find(f"CelebA's {name}", (f"celeba/{name}", name), self.data_root, _HOW)


def _attributes(path: Path) -> tuple[tuple[str, ...], list[str], NDArray[np.int64]]:
    """Names of the attributes, of the files, and values (N,K) of 0 and 1."""
    lines = path.read_text().splitlines()
    names = tuple(lines[1].split()) if len(lines) > 1 else ()
    rows = [line.split() for line in lines[2:] if line.strip()]
    if not names or not rows or any(len(row) != len(names) + 1 for row in rows):
        raise DataError(
            f"{path} is no list of attributes: a count, a line of names, a file and its -1 or 1 a line. {_HOW}"
        )
    return names, [row[0] for row in rows], (np.array([row[1:] for row in rows]).astype(np.int64) > 0).astype(np.int64)


def _partition(path: Path) -> dict[str, int]:
    """File -> 0 (train), 1 (val) or 2 (test)."""
    return {file: int(part) for file, part in (line.split() for line in path.read_text().splitlines() if line.strip())}


def _face(path: Path, size: int, mode: str = "RGB") -> NDArray[np.uint8]:
    """(size,size,3), or (size,size) of a mask: the middle square, resized."""
    from PIL import Image, UnidentifiedImageError

    try:
        with Image.open(path) as opened:
            image = opened.convert(mode)
    except (OSError, UnidentifiedImageError) as error:
        raise DataError(f"{path} cannot be read as an image: {error}. {_HOW}") from error
    side = min(image.size)
    left, top = (image.width - side) // 2, (image.height - side) // 2
    how = Image.Resampling.BILINEAR if mode == "RGB" else Image.Resampling.NEAREST
    return np.asarray(image.crop((left, top, left + side, top + side)).resize((size, size), how))
