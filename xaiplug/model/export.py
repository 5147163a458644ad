"""What `xaiplug train` exports, read back: `model.yaml` and the weights beside it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import yaml
from safetensors.torch import load_file
from torch import nn

from xaiplug.errors import DataError
from xaiplug.model.adapter import Model

TRUSTED = "xaiplug_trainers."


def load_export(path: Path, *, trust: bool = False) -> Model:
    """The model of a `model.yaml`; weights are checked against their sha256.

    Raises:
        DataError: missing, changed, or a network outside `xaiplug_trainers` without `trust`.
    """
    path = path / "model.yaml" if path.is_dir() else path
    if not path.is_file():
        raise DataError(f"no model at {path}; train one: xaiplug train TASK --output {path.parent}")
    card = yaml.safe_load(path.read_text())
    if not isinstance(card, Mapping) or card.get("format") != 1:
        raise DataError(f"{path} is no model export of format 1")
    weights = path.parent / Path(card["weights"]).name
    if not weights.is_file():
        raise DataError(f"{path} names {weights.name}, which is not beside it")
    digest = hashlib.sha256(weights.read_bytes()).hexdigest()
    if digest != card["sha256"]:
        raise DataError(
            f"{weights} is not the file that was exported: sha256 {digest[:12]}, expected {card['sha256'][:12]}"
        )
    module, _, attribute = str(card["module"]).partition(":")
    if not (trust or module.startswith(TRUSTED)):
        raise DataError(f"{path} would import {module}; if you trust it, load_model(..., trust=True)")
    network: nn.Module = getattr(import_module(module), attribute)(**card.get("kwargs", {}))
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
