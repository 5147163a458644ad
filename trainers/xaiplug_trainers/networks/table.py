"""Networks by name."""

from typing import Any

import torch
from torch import nn

from xaiplug.errors import DataError
from xaiplug_trainers.named import arguments_of, check_arguments, imported, place_of

__all__ = ["HOME", "NAMES", "build", "kwargs_for", "network_place"]

HOME = "xaiplug_trainers.networks"

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
_SHAPES = {1: ("features",), 2: ("length", "dimensions"), 3: ("channels", "size")}
_ALSO = {
    "channels": ("in_channels", "in_chans"),
    "size": ("image_size", "img_size"),
    "features": ("in_features",),
    "classes": ("num_classes", "n_classes"),
}
"""What the constructors of others call the same."""


def network_place(name: str) -> str:
    """`module:attribute` of a network's name. Raises `DataError` naming the known networks."""
    return place_of("network", name, {name: f"{HOME}:{cls}" for name, (cls, _) in _NETWORKS.items()})


def kwargs_for(name: str, shape: tuple[int, ...], outputs: int, params: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """`module:attribute` and constructor arguments of network `name` for inputs of `shape` and `outputs` classes.

    A network of one's own is told the shapes that its constructor asks for by one of these names: `channels`, `size`,
    `classes` (`length`, `dimensions`, `features`), `in_channels`, `in_chans`, `image_size`, `img_size`, `in_features`,
    `num_classes`, `n_classes`. Raises `DataError` naming the known networks.
    """
    place = network_place(name)
    fit = {**dict(zip(_SHAPES[len(shape)], shape, strict=False)), "classes": outputs}
    if name in _NETWORKS:
        return place, {**fit, **_NETWORKS[name][1], **params}
    takes, _ = arguments_of(imported(place))
    told = {name: value for key, value in fit.items() for name in (key, *_ALSO.get(key, ())) if name in takes}
    return place, {**told, **params}


def build(place: str, kwargs: dict[str, Any], shape: tuple[int, ...] = (), outputs: int = 0) -> nn.Module:
    """The network of a place and constructor arguments as `kwargs_for` gives them.

    One of somebody else's is tried on an input of `shape`, where that is given. Raises `DataError` for an argument that
    it does not take, and for an output that is not (B,outputs).
    """
    made = imported(place)
    name = place.removeprefix(f"{HOME}:")
    check_arguments(name, made, kwargs)
    try:
        network = made(**kwargs)
    except TypeError as error:
        raise DataError(f"network {name} cannot be made of {kwargs}: {error}; say network_params:") from error
    if not isinstance(network, nn.Module):
        raise DataError(f"network {name} gives a {type(network).__name__}, no torch.nn.Module")
    if shape and not place.startswith(HOME):
        _try(name, network, shape, outputs)
    return network


def _try(name: str, network: nn.Module, shape: tuple[int, ...], outputs: int) -> None:
    training = network.training
    try:
        with torch.no_grad():
            answer = network.eval()(torch.zeros(2, *shape))
    except (RuntimeError, ValueError, TypeError, IndexError) as error:
        raise DataError(f"network {name} fails on inputs (2, {str(shape)[1:-1]}): {error}; network_params:") from error
    network.train(training)
    gives = tuple(getattr(answer, "shape", ())) or type(answer).__name__
    if gives != (2, outputs):
        raise DataError(
            f"network {name} gives {gives} for 2 inputs of {shape}; these data need (2, {outputs}): network_params:"
        )
