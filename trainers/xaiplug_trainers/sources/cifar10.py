"""CIFAR-10 from torchvision's folder or an .npz file."""

from pathlib import Path
from typing import ClassVar

import numpy as np

from xaiplug.errors import DataError
from xaiplug_trainers.sources.base import Images, Part, Source
from xaiplug_trainers.sources.files import content_hash, find, roots

__all__ = ["Cifar10"]

_FOLDERS = ("cifar10/cifar-10-batches-py", "cifar-10-batches-py")
_FILES = ("cifar10/cifar10.npz", "cifar10/cifar10_20k.npz", "cifar10.npz")
_HOW = (
    "Put torchvision's `cifar-10-batches-py` folder, or a `cifar10/cifar10.npz` with x_train (N,32,32,3) uint8, "
    "y_train, x_test, y_test, below data_root or XAIPLUG_DATA, or set download: true."
)


class Cifar10(Source):
    """60,000 colour photographs of 32x32 pixels in ten classes (Krizhevsky, 2009), or the part that an .npz holds."""

    name: ClassVar[str] = "cifar10"
    channels: ClassVar[int] = 3
    size: ClassVar[int] = 32
    class_names: ClassVar[tuple[str, ...]] = (
        "airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck",
    )  # fmt: skip
    mean: ClassVar[tuple[float, ...] | None] = (0.4914, 0.4822, 0.4465)
    std: ClassVar[tuple[float, ...] | None] = (0.2470, 0.2435, 0.2616)

    def images(self, part: Part) -> Images:
        place = self._place()
        return _from_npz(place, part) if place.suffix == ".npz" else _from_folder(place, part)

    def identity(self) -> str:
        place = self._place()
        return f"cifar10-{content_hash(place)}" if place.suffix == ".npz" else "cifar10-full"

    def _place(self) -> Path:
        if self.download and roots(self.data_root):
            from torchvision.datasets import CIFAR10

            CIFAR10(str(roots(self.data_root)[0]), download=True)
        return find("CIFAR-10", (*_FOLDERS, *_FILES), self.data_root, _HOW)


def _from_npz(path: Path, part: Part) -> Images:
    with np.load(path, allow_pickle=False) as arrays:
        missing = {"x_train", "y_train", "x_test", "y_test"} - set(arrays.files)
        if missing:
            raise DataError(f"{path} lacks {', '.join(sorted(missing))}. {_HOW}")
        pixels, labels = arrays[f"x_{part}"], arrays[f"y_{part}"].astype(np.int64)
        numbers = arrays[f"idx_{part}"] if f"idx_{part}" in arrays.files else np.arange(len(labels))
    return Images(pixels.transpose(0, 3, 1, 2), labels, numbers)


def _from_folder(path: Path, part: Part) -> Images:
    """torchvision checks the files against known hashes before it unpickles them."""
    from torchvision.datasets import CIFAR10

    try:
        whole = CIFAR10(str(path.parent), train=part == "train")
    except RuntimeError as error:
        raise DataError(f"{path} is incomplete or changed: {error}. {_HOW}") from error
    return Images(whole.data.transpose(0, 3, 1, 2), np.asarray(whole.targets, dtype=np.int64), np.arange(len(whole)))
