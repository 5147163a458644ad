"""What the data of every task can do: give the samples of a split, and say what it is."""

import dataclasses
import hashlib
import json
import zlib
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np

from xaiplug import Samples
from xaiplug.errors import DataError, did_you_mean
from xaiplug_trainers.config import MACHINE_ONLY

__all__ = ["Geometry", "TaskData", "first", "generator"]


@dataclasses.dataclass(frozen=True)
class Geometry:
    """What a network must fit: the shape of one input, the number of outputs, and how inputs are normalised.

    `mean` and `std` are per channel, of inputs in [0,1]; None leaves them as they are.
    """

    shape: tuple[int, ...]
    outputs: int
    mean: tuple[float, ...] | None = None
    std: tuple[float, ...] | None = None


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
        return whole if limit is None else first(whole, limit)

    def data_id(self) -> str:
        """Source and fields, hashed: `digits-1:0f3c...`. Where the files lie is no part of it."""
        fields: dict[str, Any] = {
            field.name: getattr(self, field.name)
            for field in dataclasses.fields(self)  # type: ignore[arg-type]
            if field.name not in MACHINE_ONLY
        }
        text = json.dumps([type(self).__name__, fields], sort_keys=True)
        return f"{self.source_identity()}:{hashlib.sha256(text.encode()).hexdigest()[:12]}"


def first(samples: Samples, limit: int) -> Samples:
    """The first `limit` samples."""
    return dataclasses.replace(
        samples,
        inputs=samples.inputs[:limit],
        labels=samples.labels[:limit],
        relevant=None if samples.relevant is None else samples.relevant[:limit],
        ids=tuple(samples.ids[:limit]),
        extras={name: values[:limit] for name, values in samples.extras.items()},
    )


def generator(seed: int, purpose: str) -> np.random.Generator:
    """A generator of its own for each purpose, so that one draw never moves another."""
    return np.random.default_rng([seed, zlib.crc32(purpose.encode())])
