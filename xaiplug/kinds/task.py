"""Tasks: data with known truth, and the training of a model that the truth is known for."""

from __future__ import annotations

import hashlib
import warnings
from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from xaiplug.cache import cache_folder
from xaiplug.errors import PluginError
from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from xaiplug.data.samples import Samples
    from xaiplug.model.adapter import Model


class Task(Component):
    """Data with its truth, and a supporting model trained on it.

    `params` of every method are a run file's; what they mean is the task's.
    """

    kind = "task"
    splits: ClassVar[Sequence[str]] = ("train", "test")
    quick: ClassVar[Mapping[str, Any] | None] = None
    """Parameters with which a training takes seconds; the kit trains with them. None: it does not train."""

    def folds(self, **params: Any) -> int:
        """How many models these parameters split the data over; 1 without folds."""
        return 1

    @abstractmethod
    def key(self, **params: Any) -> str:
        """A short hash of everything that determines the trained model; cheap.

        Raises:
            DataError: an unknown parameter, or a source that is not there.
        """

    @abstractmethod
    def train(self, output: Path, arguments: Sequence[str] = (), *, fold: int | None = None, **params: Any) -> Path:
        """Train, export into `output` whole or not at all, and return the path of `model.yaml`."""

    @abstractmethod
    def refit(self, output: Path, train: Samples, *, seed: int, fold: int | None = None, **params: Any) -> Path:
        """As `train`, from scratch, with other samples in place of the training split and another seed."""

    @abstractmethod
    def samples(self, split: str, *, limit: int | None = None, **params: Any) -> Samples:
        """The samples of a split, with their truth."""

    def trained(self, **params: Any) -> Path:
        """The `model.yaml` of this task trained with `params`; trained now if it is not in the cache."""
        exported = self.place(**params)
        return exported if exported.is_file() else self.train(exported.parent, **params)

    def place(self, **params: Any) -> Path:
        """Where the cache has the `model.yaml` of this task trained with `params`, if it was."""
        return cache_folder() / "models" / f"{self.called}-{self.key(**params)}" / "model.yaml"

    @property
    def packages(self) -> frozenset[str]:
        """The packages of the task's own code, its bases included: its exports may name networks of these.

        Reading an export runs no code but that of networks that are trusted. A task's own packages are: its user
        installed them, and the task trained this network by running them. Whatever else the file names is refused.
        """
        own = (cls for cls in type(self).__mro__ if issubclass(cls, Task) and cls is not Task)
        return frozenset(cls.__module__.partition(".")[0] for cls in own)

    def load(self, exported: Path, **params: Any) -> Model:
        """The model of an export that this task wrote when it was trained with `params`.

        Raises:
            DataError: missing, changed, or a network of a foreign package.
        """
        from xaiplug.model.export import load_export

        return load_export(exported, packages=self.packages)


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
        return self.task.load(self.task.trained(**self.params), **self.params)

    def refit(self, train: Samples, *, seed: int) -> Model:
        """The task's network trained from scratch on other samples; kept in the cache by their content."""
        identity = f"{self.task.key(**self.params)}:{train.fingerprint()}:{seed}"
        key = hashlib.sha256(identity.encode()).hexdigest()[:16]
        folder = cache_folder() / "models" / f"{self.task.called}-refit-{key}"
        exported = folder / "model.yaml"
        others = {name: value for name, value in self.params.items() if name != "seed"}
        found = exported if exported.is_file() else self.task.refit(folder, train, seed=seed, **others)
        return self.task.load(found, **others)


class FormerTask(Task):
    """A task of the entry-point group `xaiplug.tasks`, where tasks were declared before the hook `xaiplug_tasks`.

    The group goes with the next version; using such a task warns.
    """

    point: ClassVar[Callable[[], Any]]

    @property
    def former(self) -> Any:
        """The object that the entry point names.

        Raises:
            PluginError: it does not import.
        """
        text = f"task '{self.called}' is declared in the entry-point group 'xaiplug.tasks'"
        warnings.warn(f"{text}, which the next version does not read; use the hook xaiplug_tasks", stacklevel=3)
        try:
            return type(self).point()
        except Exception as error:
            raise PluginError(f"task '{self.called}' failed to import: {type(error).__name__}: {error}") from error

    @property
    def packages(self) -> frozenset[str]:
        return frozenset({type(self.former).__module__.partition(".")[0]})

    @property
    def splits(self) -> Sequence[str]:  # type: ignore[override]
        found: Sequence[str] = self.former.splits
        return found

    def folds(self, **params: Any) -> int:
        return int(self.former.folds(**params))

    def key(self, **params: Any) -> str:
        return str(self.former.key(**params))

    def train(self, output: Path, arguments: Sequence[str] = (), **params: Any) -> Path:
        return Path(self.former.train(output, arguments, **params))

    def refit(self, output: Path, train: Samples, **params: Any) -> Path:
        return Path(self.former.refit(output, train, **params))

    def samples(self, split: str, **params: Any) -> Samples:
        found: Samples = self.former.samples(split, **params)
        return found
