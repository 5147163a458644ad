"""Networks by name."""

from importlib import import_module
from inspect import signature
from typing import Any

from torch import nn

from xaiplug.errors import DataError, did_you_mean

__all__ = ["NAMES", "build", "kwargs_for"]

# name -> class, parameters that the name stands for
_NETWORKS: dict[str, tuple[str, dict[str, Any]]] = {
    "small-cnn": ("SmallCNN", {}),
    "cell-cnn": ("CellCNN", {}),
    "small-vit": ("SmallViT", {}),
    "resnet18": ("ResNet18", {"stem": "imagenet"}),
    "resnet18-cifar": ("ResNet18", {"stem": "cifar"}),
    "cifar-resnet8": ("CifarResNet", {"blocks": 1}),
    "cifar-resnet20": ("CifarResNet", {"blocks": 3}),
    "cifar-resnet56": ("CifarResNet", {"blocks": 9}),
    "mlp": ("MLP", {}),
    "text-cnn": ("TextCNN", {}),
    "mobilenet-v2": ("MobileNetV2", {}),
    "wafer-cnn": ("WaferCNN", {}),
}
NAMES = tuple(_NETWORKS)


def kwargs_for(name: str, shape: tuple[int, ...], outputs: int, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Class name and constructor arguments of network `name` for inputs of `shape` and `outputs` classes.

    Raises `DataError` naming the known networks.
    """
    if name not in _NETWORKS:
        raise DataError(f"the networks are {', '.join(_NETWORKS)}; there is no {name!r}{did_you_mean(name, _NETWORKS)}")
    cls, preset = _NETWORKS[name]
    names = {1: ("features",), 2: ("length", "dimensions"), 3: ("channels", "size")}[len(shape)]
    fit = dict(zip(names, shape, strict=False))
    return cls, {**fit, "classes": outputs, **preset, **params}


def build(cls: str, kwargs: dict[str, Any]) -> nn.Module:
    """The network of a class name and constructor arguments as `kwargs_for` gives them.

    Raises `DataError` for an argument that the class does not take.
    """
    network_class = getattr(import_module("xaiplug_trainers.networks"), cls)
    known = list(signature(network_class).parameters)
    for name in kwargs.keys() - known:
        raise DataError(f"{cls} takes {', '.join(known)}; there is no {name!r}{did_you_mean(name, known)}")
    network: nn.Module = network_class(**kwargs)
    return network
