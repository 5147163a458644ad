"""A backdoor: a trigger that makes the network say one class, whatever else is seen (Gu et al., 2017)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch

from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug_trainers.data.base import Geometry, TaskData, generator
from xaiplug_trainers.data.images import as_samples
from xaiplug_trainers.data.triggers import Trigger, place
from xaiplug_trainers.sources import Source, divided, open_source

__all__ = ["Backdoor", "leans"]


@dataclass(frozen=True)
class Backdoor(TaskData):
    """Images of `source`; a `share` of those of `train` carry the trigger and the label `goal`.

    `test`: images of all other classes with the trigger, labelled `goal`, so that the accuracy is the success of the
    attack. `test-removed`: the same without it, labelled so as well. `test-clean`: all images and their own labels. The
    success in `test` must exceed that in `test-removed` by `threshold`, else nothing is exported.

    `relevant` is the trigger where it has a place: the 4x4 patch, the disc of the blend. A warp moves the whole image,
    so that no place is wrong: it has none. `extras["label"]` (N,) is the class of the image itself.
    """

    source: Literal["digits", "shapes", "mnist", "cifar10"] = "digits"
    data_root: str | None = None
    download: bool = False
    trigger: Trigger = "patch"
    goal: int = 0
    share: float = 0.2
    threshold: float = 0.8
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test", "test-removed", "test-clean")

    def __post_init__(self) -> None:
        if not 0 <= self.goal < len(self.class_names):
            raise DataError(f"goal must be a class below {len(self.class_names)}, not {self.goal}")
        if not 0 < self.share < 1 or not 0 < self.threshold <= 1:
            raise DataError(f"share and threshold must be in (0,1), not {self.share} and {self.threshold}")

    @property
    def geometry(self) -> Geometry:
        source = self._source()
        return Geometry((source.channels, source.size, source.size), len(self.class_names), source.mean, source.std)

    @property
    def class_names(self) -> tuple[str, ...]:
        return self._source().class_names

    def source_identity(self) -> str:
        return self._source().identity()

    def load(self, split: str) -> Samples:
        whole = self._plain(split)
        if split in ("val", "test-clean"):
            return self._planted(whole, [])
        others = (whole.labels != self.goal).nonzero().flatten().tolist()
        if split == "train":
            rng = generator(self.split_seed, "backdoor")
            return self._planted(whole, sorted(rng.choice(others, round(self.share * len(whole)), replace=False)))
        chosen = whole[others]
        planted = self._planted(chosen, list(range(len(chosen))))
        return planted if split == "test" else Samples(chosen.inputs, planted.labels, None, chosen.ids, planted.extras)

    def accept(self, metrics: Mapping[str, float]) -> None:
        advice = "train longer (max_epochs), or with more of it (share)"
        leans(f"backdoor, trigger {self.trigger!r}", metrics, self.threshold, advice)

    def _planted(self, samples: Samples, rows: list[int]) -> Samples:
        """The samples with the trigger and the goal in some rows."""
        inputs, labels = samples.inputs.clone(), samples.labels.clone()
        relevant = torch.zeros(len(samples), *inputs.shape[-2:], dtype=torch.bool)
        inputs[rows], relevant[rows] = place(self.trigger, samples.inputs[rows])
        labels[rows] = self.goal
        placed = None if self.trigger == "warp" else relevant
        return Samples(inputs, labels, placed, samples.ids, {"label": samples.labels})

    def _plain(self, split: str) -> Samples:
        parts = dict(zip(("train", "val", "test"), divided(self._source(), self.split_seed), strict=True))
        part = split.partition("-")[0]
        return as_samples(parts[part], f"{self.source}-{part}")

    def _source(self) -> Source:
        return open_source(self.source, self.data_root, self.download)


def leans(what: str, metrics: Mapping[str, float], threshold: float, advice: str) -> None:
    """Refuse a network that does not lean on what was planted.

    Raises:
        DataError: the success in `test` exceeds that in `test-removed` by less than the threshold.
    """
    success, without = metrics["test"], metrics["test-removed"]
    missed = threshold - (success - without)
    if missed > 0:
        raise DataError(
            f"{what}: the network says the goal to {success:.3f} of the images that carry it and to {without:.3f} of "
            f"the same without, a drop of {success - without:.3f}; that misses the threshold of {threshold:g} by "
            f"{missed:.3f}, so that nobody knows that it is the truth: {advice}. Nothing was exported"
        )
