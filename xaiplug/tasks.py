"""Tasks that train supporting models: found by the entry-point group `xaiplug.tasks`, never imported by name."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, cast

from xaiplug.errors import PluginError, RegistryError, did_you_mean, listing

if TYPE_CHECKING:
    from xaiplug.data.samples import Samples
    from xaiplug.model.adapter import Model

GROUP = "xaiplug.tasks"


class Task(Protocol):
    """What an entry point of the group `xaiplug.tasks` loads to."""

    name: str
    summary: str
    splits: Sequence[str]

    def folds(self, **params: Any) -> int:
        """How many models these parameters split the data over; 1 without folds."""

    def key(self, **params: Any) -> str:
        """A short hash of everything that determines the trained model; cheap."""

    def train(self, output: Path, arguments: Sequence[str] = (), *, fold: int | None = None, **params: Any) -> Path:
        """Train, export into `output` whole or not at all, and return the path of `model.yaml`."""

    def refit(self, output: Path, train: Samples, *, seed: int, fold: int | None = None, **params: Any) -> Path:
        """As `train`, from scratch, with other samples in place of the training split and another seed."""

    def samples(self, split: str, *, limit: int | None = None, **params: Any) -> Samples:
        """The samples of a split, with their truth."""


def task_names() -> list[str]:
    """Names of the installed tasks."""
    return sorted({point.name for point in entry_points(group=GROUP)})


def find_task(name: str) -> Task:
    """The task `name`.

    Raises:
        RegistryError: nobody offers it. PluginError: it does not import.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == name]
    if not found:
        hint = "" if task_names() else "; pip install xaiplug-trainers"
        raise RegistryError(
            f"unknown task '{name}'{did_you_mean(name, task_names())} (tasks: {listing(task_names())}){hint}"
        )
    if len(found) > 1:
        owners = " and ".join(sorted(point.dist.name if point.dist else point.value for point in found))
        raise RegistryError(f"task '{name}' is offered by {owners}; uninstall one of them")
    try:
        return cast(Task, found[0].load())
    except Exception as error:
        raise PluginError(f"task '{name}' failed to import: {type(error).__name__}: {error}") from error


@dataclass(frozen=True)
class BoundTask:
    """A task with the parameters of one model of a study: what a metric that retrains is given."""

    task: Task
    params: Mapping[str, Any]

    def samples(self, split: str, *, limit: int | None = None) -> Samples:
        """The samples of a split, with their truth."""
        return self.task.samples(split, limit=limit, **self.params)

    def model(self) -> Model:
        """The model of the study itself."""
        from xaiplug.model.export import load_export

        return load_export(trained(self.task.name, **self.params))

    def refit(self, train: Samples, *, seed: int) -> Model:
        """The task's network trained from scratch on other samples; kept in the cache by their content."""
        from xaiplug.model.export import load_export

        identity = f"{self.task.key(**self.params)}:{train.fingerprint()}:{seed}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:16]
        folder = cache_folder() / "models" / f"{self.task.name}-refit-{key}"
        exported = folder / "model.yaml"
        others = {name: value for name, value in self.params.items() if name != "seed"}
        return load_export(exported if exported.is_file() else self.task.refit(folder, train, seed=seed, **others))


def trained(name: str, **params: Any) -> Path:
    """The `model.yaml` of a task trained with `params`; trained now if it is not in the cache."""
    task = find_task(name)
    folder = cache_folder() / "models" / f"{name}-{task.key(**params)}"
    exported = folder / "model.yaml"
    return exported if exported.is_file() else task.train(folder, **params)


def cache_folder() -> Path:
    """`XAIPLUG_CACHE`, else `xaiplug` in the user's cache folder."""
    if given := os.environ.get("XAIPLUG_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xaiplug"
