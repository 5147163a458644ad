"""Models by reference: exported files, tasks trained on demand, torchvision, timm, or any attribute of any module."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from safetensors.torch import load_file
from torch import nn

from xaiplug.errors import DataError, ModelError
from xaiplug.model.adapter import Model
from xaiplug.model.export import load_export
from xaiplug.tasks import trained


def load_model(reference: str, *, trust: bool = False, **params: Any) -> Model:
    """A model by reference.

    - `file:model.yaml` (or a folder with one): an export of `xaiplug train`; only networks of `xaiplug_trainers`
      unless `trust=True`.
    - `task:decoy-mnist`: trained on demand and cached; `params` go to the task.
    - `torchvision:resnet50`, `timm:vit_tiny_patch16_224`: with published weights, or `weights=` a safetensors file, or
      `weights=None`; `mean=`, `std=` override the published normalisation, further params go to the constructor.
    - `package.module:attribute`: a `Model`, a module, or a callable that returns one. This runs code.

    Raises:
        DataError: a file that is missing or not what it says. ModelError: no such architecture, or no model.
    """
    scheme, _, rest = reference.partition(":")
    if not rest:
        raise ModelError(
            f"'{reference}' is no model reference; write file:..., task:..., torchvision:..., timm:..., or module:attr"
        )
    match scheme:
        case "file":
            return load_export(Path(rest), trust=trust)
        case "task":
            return load_export(trained(rest, **params))
        case "torchvision":
            return _torchvision(rest, **params)
        case "timm":
            return _timm(rest, **params)
        case _:
            return _attribute(scheme, rest, params)


def _local(weights: Any) -> Path | None:
    return Path(weights) if isinstance(weights, str) and weights.endswith(".safetensors") else None


def _load_local(network: nn.Module, path: Path) -> None:
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    state = load_file(path)
    own = network.state_dict()
    network.load_state_dict(
        {name: value.to(own[name].dtype) if name in own else value for name, value in state.items()}
    )


def _torchvision(
    name: str, *, weights: Any = "DEFAULT", mean: Any = None, std: Any = None, output: Any = "softmax", **params: Any
) -> Model:
    models = import_module("torchvision.models")
    try:
        published = None if weights is None or _local(weights) else models.get_model_weights(name)[weights]
        network: nn.Module = models.get_model(name, weights=published, **params)
    except (ValueError, KeyError, OSError) as error:
        raise ModelError(
            f"torchvision:{name}: {error}; give weights=None, or the path of a .safetensors file"
        ) from error
    if local := _local(weights):
        _load_local(network, local)
    names = None
    if published is not None:
        preprocessing = published.transforms()
        mean, std = mean or list(preprocessing.mean), std or list(preprocessing.std)
        names = published.meta.get("categories")
    return Model(
        network.eval(), output=output, mean=mean, std=std, input_range=(0.0, 1.0), class_names=names, name=name
    )


def _timm(
    name: str, *, weights: Any = "DEFAULT", mean: Any = None, std: Any = None, output: Any = "softmax", **params: Any
) -> Model:
    timm = import_module("timm")
    try:
        network: nn.Module = timm.create_model(name, pretrained=weights == "DEFAULT", **params)
    except Exception as error:
        raise ModelError(f"timm:{name}: {error}; give weights=None, or the path of a .safetensors file") from error
    if local := _local(weights):
        _load_local(network, local)
    config = timm.data.resolve_model_data_config(network)
    mean, std = mean or list(config["mean"]), std or list(config["std"])
    return Model(network.eval(), output=output, mean=mean, std=std, input_range=(0.0, 1.0), name=name)


def _attribute(module: str, attribute: str, params: Mapping[str, Any]) -> Model:
    try:
        found = getattr(import_module(module), attribute)
    except (ImportError, AttributeError) as error:
        raise ModelError(f"'{module}:{attribute}' cannot be imported: {error}") from error
    made = found if isinstance(found, Model | nn.Module) else found(**params)
    if not isinstance(made, Model | nn.Module):
        raise ModelError(
            f"'{module}:{attribute}' gave {type(made).__name__}; expected a torch.nn.Module or xaiplug.Model"
        )
    return Model.of(made)
