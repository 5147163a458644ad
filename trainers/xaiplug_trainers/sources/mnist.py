"""MNIST from its four IDX files."""

import gzip
from pathlib import Path
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from xaiplug.errors import DataError
from xaiplug_trainers.sources.base import Images, Part, Source
from xaiplug_trainers.sources.files import content_hash, find, roots

__all__ = ["Mnist", "read_idx"]

_FOLDERS = ("mnist", "MNIST/raw", ".")
_STEMS = {"train": "train", "test": "t10k"}
_HOW = (
    "Put the four IDX files (train-images-idx3-ubyte, ... also as .gz) into `mnist/` or `MNIST/raw/` below data_root "
    "or XAIPLUG_DATA, or set download: true."
)


class Mnist(Source):
    """60,000 + 10,000 handwritten digits of 28x28 pixels (LeCun et al., 1998)."""

    name: ClassVar[str] = "mnist"
    channels: ClassVar[int] = 1
    size: ClassVar[int] = 28
    class_names: ClassVar[tuple[str, ...]] = tuple("0123456789")

    def images(self, part: Part) -> Images:
        pixels = read_idx(self._file(f"{_STEMS[part]}-images-idx3-ubyte"))
        labels = read_idx(self._file(f"{_STEMS[part]}-labels-idx1-ubyte"))
        return Images(pixels[:, None], labels.astype(np.int64), np.arange(len(labels)))

    def identity(self) -> str:
        stems = [f"{stem}-{kind}" for stem in _STEMS.values() for kind in ("images-idx3-ubyte", "labels-idx1-ubyte")]
        return f"mnist-{content_hash(*map(self._file, stems))}"

    def _file(self, stem: str) -> Path:
        candidates = [f"{folder}/{stem}{end}" for folder in _FOLDERS for end in ("", ".gz")]
        if self.download and roots(self.data_root):
            from torchvision.datasets import MNIST

            MNIST(str(roots(self.data_root)[0]), download=True)
        return find(f"MNIST's {stem}", candidates, self.data_root, _HOW)


def read_idx(path: Path) -> NDArray[np.uint8]:
    """The array of an IDX file of unsigned bytes, gzipped if its name ends so. Raises `DataError` if it is none."""
    content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    zeros, kind, dimensions = int.from_bytes(content[:2]), content[2:3], content[3] if len(content) > 3 else 0
    start = 4 + 4 * dimensions
    shape = tuple(np.frombuffer(content[4:start], dtype=">u4").tolist()) if zeros == 0 and dimensions else ()
    if kind != b"\x08" or len(content) != start + int(np.prod(shape, dtype=np.int64)):
        raise DataError(f"{path} is no whole IDX file of unsigned bytes; get it again")
    return np.frombuffer(content, dtype=np.uint8, offset=start).reshape(shape)
