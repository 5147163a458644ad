"""Samples of the user's own, by reference: a folder of pictures, a hub's data set, a function."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch

import xaiplug
from xaiplug import Samples
from xaiplug.errors import DataError
from xaiplug.origins import digest, file_digest
from xaiplug_trainers.data.base import Geometry, TaskData
from xaiplug_trainers.sources import stratified

__all__ = ["Own"]


@dataclass(frozen=True)
class Own(TaskData):
    """What `xaiplug.load_data(data, **data_params)` gives: labelled samples, divided at random, evenly over classes.

    A share `test_share` is `test`, and of the rest a share `val_share` is `val`. With `train_split` and `test_split`
    the reference is asked for these two, and only `val` is drawn. Ground truth stays with its samples. Labels (N,K) of
    0 and 1 are K heads. Classes are called as `names` says, else as the folders of the samples' ids.

    Raises `DataError`: no reference, samples without labels.
    """

    data: str = ""
    data_params: dict[str, Any] | None = None
    train_split: str | None = None
    test_split: str | None = None
    test_share: float = 0.2
    val_share: float = 0.1
    names: list[str] | None = None
    mean: list[float] | None = None
    std: list[float] | None = None
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    def __post_init__(self) -> None:
        if not self.data:
            raise DataError("say which data: --set data=folder:photos, or any reference that load_data takes")
        if (self.train_split is None) != (self.test_split is None):
            raise DataError("give train_split and test_split, or neither")

    @property
    def geometry(self) -> Geometry:
        samples = self._whole()[0]
        heads = samples.labels.ndim == 2
        mean, std = (None if one is None else tuple(one) for one in (self.mean, self.std))
        return Geometry(
            tuple(samples.inputs.shape[1:]), len(self.class_names), mean, std, "sigmoid" if heads else "softmax"
        )

    @property
    def class_names(self) -> tuple[str, ...]:
        if self.names is not None:
            return tuple(self.names)
        whole = self._whole()
        if whole[0].labels.ndim == 2:
            return tuple(map(str, range(whole[0].labels.shape[1])))
        return _named(whole)

    def source_identity(self) -> str:
        return f"own-{_state(self.data) or digest([part.fingerprint() for part in self._whole()])[:16]}"

    def load(self, split: str) -> Samples:
        whole = self._whole()
        if len(whole) == 2:
            rest, test = whole
        else:
            rest, test = _divided(whole[0], self.test_share, self.split_seed)
        if split == "test":
            return test
        train, val = _divided(rest, self.val_share, self.split_seed)
        return train if split == "train" else val

    def _whole(self) -> tuple[Samples, ...]:
        """All samples, or those of the two splits."""
        wanted = (None,) if self.train_split is None else (self.train_split, self.test_split)
        params, state = json.dumps(self.data_params or {}, sort_keys=True), _state(self.data)
        return tuple(_loaded(self.data, split, params, state) for split in wanted)


@lru_cache(maxsize=4)
def _loaded(reference: str, split: str | None, params: str, state: str) -> Samples:
    samples = xaiplug.load_data(reference, split=split, **json.loads(params))
    if without := int((samples.labels < 0).sum()):
        raise DataError(f"{reference}: {without} samples have no label; nothing can be learnt of them")
    return samples


def _state(reference: str) -> str:
    """The content of all files below the path that a reference names; "" where it names none."""
    path = Path(reference.partition(":")[2])
    if not path.exists():
        return ""
    files = sorted(one for one in path.rglob("*") if one.is_file()) if path.is_dir() else [path]
    return digest([[one.relative_to(path).as_posix(), file_digest(one)] for one in files])[:16]


def _divided(samples: Samples, share: float, seed: int) -> tuple[Samples, Samples]:
    """The rest and a `share` of samples, at least one of each class of the latter."""
    labels = samples.labels.numpy() if samples.labels.ndim == 1 else np.zeros(len(samples), dtype=np.int64)
    kept, taken = stratified(labels, share, seed)
    if not len(taken) or not len(kept):
        raise DataError(f"{len(samples)} samples are too few to take a share of {share} out of them")
    return samples[kept.tolist()], samples[taken.tolist()]


def _named(parts: Sequence[Samples]) -> tuple[str, ...]:
    """The folders of the ids, where each class has its own; else numbers."""
    labels = torch.cat([part.labels for part in parts]).tolist()
    folders = [Path(one).parent.name for part in parts for one in part.ids]
    pairs = set(zip(labels, folders, strict=True))
    count = max(labels) + 1
    if len(pairs) == count and len({name for _, name in pairs}) == count and all(name for _, name in pairs):
        return tuple(name for _, name in sorted(pairs))
    return tuple(map(str, range(count)))
