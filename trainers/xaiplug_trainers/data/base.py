"""What the data of every task can do: give the samples of a split, and say what it is."""

import dataclasses
import hashlib
import json
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Mapping
from typing import Any, ClassVar, Literal

import numpy as np
from numpy.typing import NDArray

from xaiplug import Samples
from xaiplug.errors import DataError, did_you_mean
from xaiplug_trainers.config import MACHINE_ONLY
from xaiplug_trainers.data.rows import Held, Rows

__all__ = ["Geometry", "TaskData", "generator", "sample_ids"]


@dataclasses.dataclass(frozen=True)
class Geometry:
    """What a network must fit: the shape of one input, the number of outputs, and how inputs are normalised.

    `mean` and `std` are per channel, of inputs in [0,1]; None leaves them as they are. `output` is `sigmoid` where
    every output is an answer of its own, and labels are (N,outputs) of 0 and 1.
    """

    shape: tuple[int, ...]
    outputs: int
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None
    output: Literal["softmax", "sigmoid"] = "softmax"


class TaskData(ABC):
    """Data with known truth. Subclasses are frozen dataclasses whose fields say all that decides the samples."""

    splits: ClassVar[tuple[str, ...]]

    @property
    @abstractmethod
    def geometry(self) -> Geometry:
        """The shapes that a network for this data must have."""

    @property
    @abstractmethod
    def class_names(self) -> tuple[str, ...]:
        """One name an output."""

    @abstractmethod
    def source_identity(self) -> str:
        """What the samples are drawn from; see `Source.identity`."""

    @abstractmethod
    def load(self, split: str) -> Samples:
        """All samples of one of `splits`; the same on every machine."""

    def samples(self, split: str, *, limit: int | None = None) -> Samples:
        """The first `limit` samples of a split. Raises `DataError` for an unknown split."""
        if split not in self.splits:
            hint = did_you_mean(split, self.splits)
            raise DataError(f"the splits are {', '.join(self.splits)}; there is no {split!r}{hint}")
        whole = self.load(split)
        return whole if limit is None else whole[:limit]

    def rows(self, split: str) -> Rows:
        """A whole split as a training reads it: held in memory, unless the data know better."""
        return Held(self.samples(split))

    def accept(self, metrics: Mapping[str, float]) -> None:
        """Refuse a network by its accuracy on every test split, before it is exported. Raises `DataError`."""
        return

    def data_id(self) -> str:
        """Source and fields, hashed: `digits-1:0f3c...`. Where the files lie is no part of it."""
        fields: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if field.name not in MACHINE_ONLY
        }
        text = json.dumps([type(self).__name__, fields], sort_keys=True)
        return f"{self.source_identity()}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def sample_ids(prefix: str, numbers: NDArray[np.int64]) -> tuple[str, ...]:
    """`prefix-12` for the source's image 12; a second and third draw of it are `prefix-12.1`, `prefix-12.2`."""
    seen: Counter[int] = Counter()
    ids = []
    for number in numbers.tolist():
        ids.append(f"{prefix}-{number}.{seen[number]}" if seen[number] else f"{prefix}-{number}")
        seen[number] += 1
    return tuple(ids)


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that one draw never moves another."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])
