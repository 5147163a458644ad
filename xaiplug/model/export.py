"""A trained network on disk: `model.yaml`, which says how to build it, and the weights beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import load_file, save
from torch import nn

from xaiplug.data.storage import write_atomically
from xaiplug.errors import DataError, ModelError
from xaiplug.model.adapter import Model

FORMAT = 1
TRUSTED = "xaiplug_trainers"
"""The package whose networks are always built."""


def save_export(model: Model, folder: Path, **arguments: Any) -> Path:
    """Write `model.safetensors` and `model.yaml` into `folder`; the path of the latter.

    The network is built again as `type(model.network)(**arguments)`, so its class is one of a module's own, and the
    arguments are plain data.

    Raises:
        ModelError: the class is inside of a function or another class. StoreError: the folder cannot be written.
    """
    network = type(model.network)
    if "." in network.__qualname__:
        raise ModelError(f"{network.__qualname__} is inside of something; a network that is exported is a module's own")
    # Copies: safetensors refuses tensors that share memory, as tied weights do.
    own = {name: value.detach().cpu().clone() for name, value in model.network.state_dict().items()}
    weights = save({name: value.contiguous() for name, value in own.items()})
    card = {
        "format": FORMAT,
        "module": f"{network.__module__}:{network.__qualname__}",
        "kwargs": arguments,
        "weights": "model.safetensors",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "output": model.output,
        "mean": None if model.mean is None else list(model.mean),
        "std": None if model.std is None else list(model.std),
        "input_range": None if model.input_range is None else list(model.input_range),
        "class_names": None if model.class_names is None else list(model.class_names),
        "task": model.name,
    }
    text, path = yaml.safe_dump(card, sort_keys=False), Path(folder) / "model.yaml"
    path.unlink(missing_ok=True)  # an older card must not describe newer weights
    write_atomically(path.with_name("model.safetensors"), lambda beside: beside.write_bytes(weights))
    return write_atomically(path, lambda beside: beside.write_text(text, encoding="utf-8"))


def load_export(path: Path, *, trust: bool = False, packages: Collection[str] = ()) -> Model:
    """The model of a `model.yaml`; weights are checked against their sha256.

    Args:
        trust: build a network of any module that the file names; this runs code.
        packages: whose networks are built besides those of `xaiplug_trainers`.

    Raises:
        DataError: missing, changed, or a network of another package without `trust`.
    """
    path = path / "model.yaml" if path.is_dir() else path
    if not path.is_file():
        raise DataError(f"no model at {path}; train one: xaiplug train TASK --output {path.parent}")
    card = yaml.safe_load(path.read_text())
    if not isinstance(card, Mapping) or card.get("format") != FORMAT:
        raise DataError(f"{path} is no model export of format {FORMAT}")
    weights = path.parent / Path(card["weights"]).name
    if not weights.is_file():
        raise DataError(f"{path} names {weights.name}, which is not beside it")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != card["sha256"]:
        raise DataError(
            f"{weights} is not the file that was exported: sha256 {digest[:12]}, expected {card['sha256'][:12]}"
        )
    module, _, attribute = str(card["module"]).partition(":")
    if not (trust or module.partition(".")[0] in {TRUSTED, *packages}):
        raise DataError(f"{path} would import {module}; if you trust it, load_model(..., trust=True)")
    build = getattr(import_module(module), attribute)
    if not (trust or (isinstance(build, type) and issubclass(build, nn.Module))):  # a package has other callables, too
        raise DataError(f"{path} would call {module}:{attribute}, which is no class of networks")
    network: nn.Module = build(**card.get("kwargs", {}))
    network.load_state_dict(load_file(weights))
    range_ = card.get("input_range")
    return Model(
        network.eval(),
        output=card.get("output", "softmax"),
        mean=card.get("mean"),
        std=card.get("std"),
        input_range=None if range_ is None else (float(range_[0]), float(range_[1])),
        class_names=card.get("class_names"),
        name=str(card.get("task", path.parent.name)),
    )
