"""Networks by name."""

from importlib import import_module
from typing import Any

from torch import nn

from xaiplug.errors import DataError, did_you_mean

__all__ = ["build", "kwargs_for"]

# name -> class, parameters that the name stands for
_NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "small-cnn": ("SmallCNN", {}),
}


def kwargs_for(name: str, shape: tuple[int, ...], outputs: int, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Class name and constructor arguments of network `name` for inputs of `shape` and `outputs` classes.

    Raises `DataError` naming the known networks.
    """
    if name not in _NETWORKS:
        raise DataError(f"the networks are {', '.join(_NETWORKS)}; there is no {name!r}{did_you_mean(name, _NETWORKS)}")
    cls, preset = _NETWORKS[name]
    fit = {"features": shape[0]} if len(shape) == 1 else {"channels": shape[0], "size": shape[1]}
    return cls, {**fit, "classes": outputs, **preset, **params}


def build(cls: str, kwargs: dict[str, Any]) -> nn.Module:
    """The network of a class name and constructor arguments as `kwargs_for` gives them."""
    network: nn.Module = getattr(import_module("xaiplug_trainers.networks"), cls)(**kwargs)
    return network
