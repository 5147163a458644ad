"""A task's data with other samples to train on."""

from dataclasses import dataclass

from xaiplug import Samples
from xaiplug_trainers.data.base import Geometry, TaskData

__all__ = ["Replaced"]


@dataclass(frozen=True)
class Replaced(TaskData):
    """`data` with `train` in place of its training split."""

    data: TaskData
    train: Samples

    @property
    def splits(self) -> tuple[str, ...]:  # type: ignore[override]
        return self.data.splits

    @property
    def geometry(self) -> Geometry:
        return self.data.geometry

    @property
    def class_names(self) -> tuple[str, ...]:
        return self.data.class_names

    def source_identity(self) -> str:
        return self.data.source_identity()

    def data_id(self) -> str:
        """The original's, and what the training samples hold."""
        return f"{self.data.data_id()}:{self.train.fingerprint()[:12]}"

    def load(self, split: str) -> Samples:
        return self.train if split == "train" else self.data.load(split)
