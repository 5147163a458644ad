"""What tasks are asked in the kit: a few samples of each split, and a short training."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, redirect_stderr
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from weakref import WeakKeyDictionary

import torch

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError
from xaiplug.kinds import Task
from xaiplug.model.adapter import Model
from xaiplug.testing.shared.types import Skip, Violation

FEW = 4
"""Samples that are asked for."""


def key_of(task: Task) -> str:
    """The key with default parameters.

    Raises:
        Skip: its data are not on this machine.
    """
    try:
        return task.key()
    except DataError as error:
        raise Skip(f"no data here: {error}") from error


def asked(task: Task, split: str, limit: int = FEW) -> Samples:
    """The first samples of a split, asked for anew.

    Raises:
        Skip: its data are not on this machine.
    """
    key_of(task)
    return task.samples(split, limit=limit)


def few(task: Task, split: str) -> Samples:
    """The first samples of a split, asked for once: a task may draw all of them to give some."""
    kept = _kept.setdefault(task, {})
    if split not in kept:
        kept[split] = asked(task, split)
    return kept[split]


_kept: WeakKeyDictionary[Task, dict[str, Samples]] = WeakKeyDictionary()


def untrained(task: Task) -> str | None:
    """Why the kit does not train a task; None where it does."""
    return "says no `quick` parameters: a training may take long" if task.quick is None else None


@dataclass(frozen=True)
class Training:
    """A training with the quick parameters, in a folder of its own."""

    task: Task
    folder: Path
    params: Mapping[str, Any]

    def samples(self, limit: int) -> Samples:
        """Of the split that is named first."""
        return self.task.samples(self.task.splits[0], limit=limit, **self.params)

    def train(self) -> Model:
        """The model of a training."""
        folder = self.folder / "train"
        with _no_bars():
            exported = self.task.train(folder, **self.params)
        return self._checked(folder, exported)

    def refit(self, samples: Samples, name: str) -> Model:
        """The model of a training on other samples."""
        others = {key: value for key, value in self.params.items() if key != "seed"}
        with _no_bars():
            exported = self.task.refit(self.folder / name, samples, seed=1, **others)
        return self._checked(self.folder / name, exported)

    def _checked(self, folder: Path, exported: Path) -> Model:
        if Path(exported) != folder / "model.yaml" or not Path(exported).is_file():
            raise Violation(f"trained into {folder.name}/, and gave {exported}; expected its model.yaml")
        model = self.task.load(Path(exported), **self.params)
        samples = self.samples(FEW)
        with torch.no_grad():
            logits = model(samples.inputs)
        if not bool(logits.isfinite().all()):
            raise Violation("the trained model gives logits that are no finite numbers")
        heads = logits.shape[1]
        if samples.labels.ndim == 1 and int(samples.labels.max()) >= max(2, heads):
            raise Violation(f"the trained model tells {heads} classes, and there is the label {samples.labels.max()}")
        return model


def _no_bars() -> AbstractContextManager[object]:
    """A training may draw its progress: that is no part of a report."""
    return redirect_stderr(StringIO())


@contextmanager
def training(task: Task) -> Iterator[Training]:
    """Somewhere to train a task with its quick parameters."""
    with TemporaryDirectory() as folder:
        yield Training(task, Path(folder), task.quick or {})


def outcome(task: Task, original: Task) -> tuple[str, str]:
    """The key, and the fingerprint of a few samples."""
    return key_of(task), few(task, task.splits[-1]).fingerprint()
