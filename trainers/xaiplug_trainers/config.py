"""A task's configuration: its YAML file, with the flat parameters of a run file written into their places."""

import copy
import inspect
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import yaml

from xaiplug.errors import DataError, did_you_mean

__all__ = ["MACHINE_ONLY", "resolve"]

# Fields of the data that say where to look or how to read, not what is seen: no part of a key.
MACHINE_ONLY = frozenset({"data_root", "download", "memory_map"})

# What a run file calls it -> where LightningCLI wants it. Every other parameter is a field of the task's data.
_PLACES = {
    "seed": "seed_everything",
    "max_epochs": "trainer.max_epochs",
    "batch_size": "data.batch_size",
    "augment": "data.augment",
    "network": "model.network",
    "network_params": "model.network_params",
    "loss": "model.loss",
    "loss_params": "model.loss_params",
    "schedule": "model.schedule",
    "warmup_steps": "model.warmup_steps",
    "export": "export",
    "lr": "model.optimizer.init_args.lr",
    "weight_decay": "model.optimizer.init_args.weight_decay",
}


def resolve(task: str, config: dict[str, Any], data_class: type, params: dict[str, Any]) -> dict[str, Any]:
    """The `config` of `task` with `params` written into it. Raises `DataError` for a name that is neither."""
    fields = list(inspect.signature(data_class).parameters)
    for name, value in params.items():
        if name in _PLACES:
            _place(config, _PLACES[name], value)
        elif name in fields:
            _place(config, f"data.dataset.init_args.{name}", value)
        else:
            known = sorted({*_PLACES, *fields})
            raise DataError(
                f"task {task!r} knows {', '.join(known)}, and no parameter {name!r}{did_you_mean(name, known)}"
            )
    return config


def read(task: str, own: Mapping[str, Any] | str | Path | None = None) -> dict[str, Any]:
    """A task's `own` configuration, a mapping or the path of a YAML file; else our `configs/<task>.yaml`.

    Raises `DataError` for a file that is not there or no mapping.
    """
    if isinstance(own, Mapping):
        return copy.deepcopy(dict(own))
    path = files("xaiplug_trainers") / "configs" / f"{task}.yaml" if own is None else Path(own)
    try:
        config = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise DataError(f"the configuration of task {task!r} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise DataError(f"the configuration of task {task!r} in {path} is no mapping")
    return config


def _place(config: dict[str, Any], path: str, value: Any) -> None:
    *parents, last = path.split(".")
    for parent in parents:
        config = config.setdefault(parent, {})
    config[last] = copy.deepcopy(value)
