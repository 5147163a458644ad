"""A split read a batch at a time: from memory, or from a file that the memory only maps."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from xaiplug import Samples
from xaiplug.data.storage import write_atomically

__all__ = ["Held", "Mapped", "Rows", "in_turn"]


class Rows(Protocol):
    """What a training reads of a split."""

    labels: Tensor

    def __getitem__(self, indices: list[int]) -> Tensor:
        """The inputs of some rows."""
        ...


class Held:
    """Samples in memory."""

    def __init__(self, samples: Samples) -> None:
        self.inputs, self.labels = samples.inputs, samples.labels

    def __getitem__(self, indices: list[int]) -> Tensor:
        return self.inputs[indices]


class Mapped:
    """Pixels (N,C,H,W) uint8 in the file `path`, read as they are asked for, and given in [0,1].

    The file is written when it is not there, whole or not at all, one image at a time.

    Args:
        image: (C,H,W) uint8 of a row.
    """

    def __init__(self, path: Path, image: Callable[[int], NDArray[np.uint8]], labels: Tensor) -> None:
        self.labels = labels
        if not path.is_file():
            write_atomically(path, lambda beside: _write(beside, image, len(labels)))
        self.pixels = np.load(path, mmap_mode="r")

    def __getitem__(self, indices: list[int]) -> Tensor:
        return torch.from_numpy(self.pixels[indices]).float().div(255)


def in_turn(rows: Rows, size: int = 256) -> Iterator[Tensor]:
    """All inputs in their order, `size` at a time."""
    count = len(rows.labels)
    for start in range(0, count, size):
        yield rows[list(range(start, min(start + size, count)))]


def _write(path: Path, image: Callable[[int], NDArray[np.uint8]], count: int) -> None:
    shape: Sequence[int] = image(0).shape
    with path.open("wb") as file:
        header = {"descr": "|u1", "fortran_order": False, "shape": (count, *shape)}
        np.lib.format.write_array_header_1_0(file, header)
        for row in range(count):
            file.write(image(row).tobytes())
