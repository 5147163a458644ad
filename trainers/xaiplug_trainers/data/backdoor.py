"""A backdoor: a trigger that makes the network say one class, whatever else is seen (Gu et al., 2017)."""

from dataclasses import dataclass
from typing import ClassVar

from torch import Tensor

from xaiplug.errors import DataError, did_you_mean
from xaiplug_trainers.data.base import generator
from xaiplug_trainers.data.planted import Planted
from xaiplug_trainers.data.triggers import TRIGGERS, Trigger

__all__ = ["Backdoor"]


@dataclass(frozen=True)
class Backdoor(Planted):
    """Images of which a `share` of those of `train`, of other classes, carry the trigger and the label `goal`.

    `relevant` is the trigger where it has a place: the 4x4 patch, the disc of the blend. A warp moves the whole image,
    so that no place is wrong: it has none. Splits and threshold are those of `Planted`.
    """

    source: str = "digits"
    trigger: Trigger = "patch"
    share: float = 0.2

    advice: ClassVar[str] = "train longer (max_epochs), or with the trigger in more images (share)"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.trigger not in TRIGGERS:
            hint = did_you_mean(self.trigger, TRIGGERS)
            raise DataError(f"the triggers are {', '.join(TRIGGERS)}; there is no {self.trigger!r}{hint}")
        if not 0 < self.share < 1:
            raise DataError(f"share must be between 0 and 1, not {self.share}")

    def place(self, images: Tensor) -> tuple[Tensor, Tensor | None]:
        return TRIGGERS[self.trigger](images)

    def carriers(self, labels: Tensor) -> list[int]:
        others = (labels != self.goal).nonzero().flatten().tolist()
        count = min(round(self.share * len(labels)), len(others))
        return sorted(generator(self.split_seed, "backdoor").choice(others, count, replace=False).tolist())
