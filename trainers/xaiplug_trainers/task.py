"""What a task offers to the core: its name, its splits, a cheap key, samples, and training.

Light on purpose: torch and Lightning are imported by the calls that need them.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from xaiplug import Task
from xaiplug.errors import DataError
from xaiplug_trainers import __version__
from xaiplug_trainers.config import read, resolve
from xaiplug_trainers.foreign import foreign_code, network_of

if TYPE_CHECKING:
    from xaiplug import Model, Samples
    from xaiplug_trainers.data.base import TaskData

__all__ = ["TrainedTask"]


class TrainedTask(Task):
    """One supporting model: data with known truth, a network, a loss and a configuration.

    `data` is the import string of the `TaskData` class; one with the fields `folds` and `fold` is split over several
    models. `configuration` is what LightningCLI reads, as a mapping or the path of a YAML file; the tasks of this wheel
    have theirs in `configs/<name>.yaml`. `params` of every method are the run file's: the data's own fields, and
    `network`, `network_params`, `loss`, `loss_params`, `schedule`, `seed`, `max_epochs`, `batch_size`, `augment`, `lr`,
    `weight_decay`. Fold number f starts from seed + f.

    A task of your own is a subclass, offered by the hook `xaiplug_tasks` or named as `task:module:Class`.
    """

    name: ClassVar[str]
    data: ClassVar[str]
    configuration: ClassVar[Mapping[str, Any] | str | Path | None] = None

    @property
    def called(self) -> str:
        return self.name

    def folds(self, **params: Any) -> int:
        """How many models the data is split over; 1 of a task without folds."""
        return int(getattr(self.load_data(self.config(**params)), "folds", 1))

    def key(self, *, fold: int | None = None, **params: Any) -> str:
        """Hash (16 hex digits) of everything that determines the trained model. Trains nothing.

        Raises `DataError` for an unknown parameter or a source that is not there.
        """
        return self.key_of(self.config(fold=fold, **params))

    def train(self, output: Path, arguments: Sequence[str] = (), *, fold: int | None = None, **params: Any) -> Path:
        """Train, export `model.safetensors` and `model.yaml` into `output`, and return the path of the latter.

        `arguments` go untouched to LightningCLI (`--trainer.max_epochs=3`, `--config my.yaml`, ...). A training that
        was killed goes on from its last epoch when it is started again with the same settings and output.
        """
        from xaiplug_trainers.training import train

        config = self.config(fold=fold, **params)
        return train(self.name, self.key_of(config, arguments), Path(output), config, arguments=arguments)

    def refit(self, output: Path, train: "Samples", *, seed: int, fold: int | None = None, **params: Any) -> Path:
        """As `train`, from scratch and from `seed`, with the samples `train` in place of the training split.

        Validation stays the task's own; so does what the export says of the test splits.
        """
        from xaiplug_trainers.data.replaced import Replaced
        from xaiplug_trainers.training import train as run

        config = self.config(fold=fold, **params) | {"seed_everything": seed}
        data = Replaced(self.load_data(config), train)
        key = hashlib.sha256(f"{self.key_of(config)}:{data.data_id()}".encode()).hexdigest()[:16]
        return run(self.name, key, Path(output), config, data=data)

    def samples(self, split: str, *, limit: int | None = None, fold: int | None = None, **params: Any) -> "Samples":
        """The images (N,C,H,W) in [0,1], labels and ground truth of one split, the first `limit` of them."""
        return self.load_data(self.config(fold=fold, **params)).samples(split, limit=limit)

    def config(self, *, fold: int | None = None, **params: Any) -> dict[str, Any]:
        """`configs/<name>.yaml` with the run file's parameters written into it: what LightningCLI is given."""
        data_class = self._data_class()
        if "fold" in signature(data_class).parameters:
            params["fold"] = fold or 0
        elif fold:
            raise DataError(f"task {self.name!r} trains one model; there is no fold {fold}")
        config = resolve(self.name, self._configuration(), data_class, params)
        if params.get("mode") not in getattr(data_class, "one_seed", ()):
            config["seed_everything"] += fold or 0
        return config

    def _configuration(self) -> dict[str, Any]:
        """As declared, with the task's own data set in its place, and a seed."""
        config = read(self.name, self.configuration)
        config.setdefault("seed_everything", 0)
        dataset = config.setdefault("data", {}).setdefault("dataset", {})
        dataset["class_path"] = self.data.replace(":", ".")
        return config

    def load(self, exported: Path, **params: Any) -> "Model":
        """The model of an export; its network may be the one that `params` name, which the training ran as well."""
        from xaiplug.model.export import load_export, module_of

        named = params.get("network", self._configuration().get("model", {}).get("network"))
        trust = named is not None and module_of(exported) == network_of(named)
        return load_export(exported, trust=trust, packages=self.packages)

    def load_data(self, config: dict[str, Any]) -> "TaskData":
        """The data that a configuration describes."""
        return self._data_class()(**config["data"]["dataset"].get("init_args", {}))

    def key_of(self, config: dict[str, Any], arguments: Sequence[str] = ()) -> str:
        """The key of a configuration; command-line arguments, when there are any, are part of it word for word."""
        identity: dict[str, Any] = {**config, "task": self.name, "trainers": __version__}
        identity["data"] = {**config["data"], "dataset": self.load_data(config).data_id()}
        if code := foreign_code(config):
            identity["code"] = code
        if arguments:
            identity["arguments"] = list(arguments)
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()[:16]

    def _data_class(self) -> "type[TaskData]":
        module, name = self.data.split(":")
        data_class: type[TaskData] = getattr(import_module(module), name)
        return data_class
