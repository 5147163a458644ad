"""A trained network on disk: `model.yaml`, which says how to build it, and the weights beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ValidationError
from safetensors import SafetensorError
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
    if model.reads is not None:
        raise ModelError(
            f"model '{model.name}' has reads=, which no card holds; export it without, and say reads: there"
        )
    return write_export(model, folder, f"{network.__module__}:{network.__qualname__}", arguments)


def write_export(
    model: Model, folder: Path, module: str, arguments: Mapping[str, Any], about: Mapping[str, Any] | None = None
) -> Path:
    """Write `model.safetensors` and `model.yaml` into `folder`; the path of the latter.

    Args:
        module: `module:attribute` of what builds the network.
        arguments: plain data that it is built with.
        about: what else the card says.

    Raises:
        StoreError: the folder cannot be written.
    """
    # Copies: safetensors refuses tensors that share memory, as tied weights do.
    own = {name: value.detach().cpu().clone() for name, value in model.network.state_dict().items()}
    weights = save({name: value.contiguous() for name, value in own.items()})
    card = {
        "format": FORMAT,
        "module": module,
        "kwargs": dict(arguments),
        "weights": "model.safetensors",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "output": model.output,
        "mean": None if model.mean is None else list(model.mean),
        "std": None if model.std is None else list(model.std),
        "input_range": None if model.input_range is None else list(model.input_range),
        "class_names": None if model.class_names is None else list(model.class_names),
        "task": model.name,
        **(about or {}),
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
    card = _card(path)
    weights = path.parent / Path(card.weights).name
    if not weights.is_file():
        raise DataError(f"{path} names {weights.name}, which is not beside it")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != card.sha256:
        raise DataError(
            f"{weights} is not the file that was exported: sha256 {digest[:12]}, expected {card.sha256[:12]}"
        )
    module, _, attribute = card.module.partition(":")
    if not (trust or module.partition(".")[0] in {TRUSTED, *packages}):
        raise DataError(f"{path} would import {module}; if you trust it, load_model(..., trust=True)")
    try:
        build = getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise DataError(f"{path} names {card.module}, which cannot be imported: {error}") from error
    if not (trust or _is_own_network(build, module)):  # a package has other callables, too
        raise DataError(f"{path} would call {card.module}, which is no class of networks of its own")
    try:
        network: nn.Module = build(**card.kwargs)
        network.load_state_dict(load_file(weights))
    except (TypeError, ValueError, RuntimeError, SafetensorError) as error:
        raise DataError(f"{path}: {card.module} cannot be built as it says: {error}") from error
    return Model(
        network.eval(),
        output=card.output,
        mean=card.mean,
        std=card.std,
        input_range=card.input_range,
        class_names=card.class_names,
        name=card.task or path.parent.name,
    )


def module_of(path: Path) -> str:
    """The `module:attribute` that a `model.yaml` names; nothing of it is imported.

    Raises:
        DataError: no whole model export.
    """
    return _card(path).module


class Card(BaseModel):
    """What is read of a `model.yaml`; it may say more."""

    format: Literal[1]
    module: str
    kwargs: dict[str, Any] = {}
    weights: str
    sha256: str
    output: Literal["softmax", "sigmoid"] = "softmax"
    mean: list[float] | None = None
    std: list[float] | None = None
    input_range: tuple[float, float] | None = None
    class_names: list[str] | None = None
    task: str | None = None


def _card(path: Path) -> Card:
    try:
        card = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError, yaml.YAMLError) as error:
        raise DataError(f"{path} cannot be read: {error}") from error
    if not isinstance(card, Mapping) or card.get("format") != FORMAT:
        raise DataError(f"{path} is no model export of format {FORMAT}")
    try:
        return Card.model_validate(dict(card))
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise DataError(f"{path} is no whole model export: {wrong}") from error


def _is_own_network(build: Any, module: str) -> bool:
    """A class of networks that the module's package defines: not what it imports from elsewhere."""
    owned = isinstance(build, type) and issubclass(build, nn.Module)
    return owned and build.__module__.partition(".")[0] == module.partition(".")[0]
