"""Networks, each from a batch of inputs to one number a class.

`model.yaml` names them as `xaiplug_trainers.networks:<Class>`.
"""

from importlib import import_module
from typing import Any

from xaiplug_trainers.networks.cell_cnn import CellCNN
from xaiplug_trainers.networks.cifar_resnet import CifarResNet
from xaiplug_trainers.networks.mlp import MLP
from xaiplug_trainers.networks.small_cnn import SmallCNN
from xaiplug_trainers.networks.small_vit import SmallViT
from xaiplug_trainers.networks.table import build, kwargs_for, network_place
from xaiplug_trainers.networks.text_cnn import TextCNN
from xaiplug_trainers.networks.wafer_cnn import WaferCNN

__all__ = [
    "MLP",
    "CellCNN",
    "CifarResNet",
    "MobileNetV2",
    "ResNet18",
    "SmallCNN",
    "SmallViT",
    "TextCNN",
    "WaferCNN",
    "build",
    "kwargs_for",
    "network_place",
]

_LATE = {
    "MobileNetV2": "xaiplug_trainers.networks.mobilenet",
    "ResNet18": "xaiplug_trainers.networks.resnet",
}
"""Networks of torchvision, which takes seconds to import."""


def __getattr__(name: str) -> Any:
    if name in _LATE:
        return getattr(import_module(_LATE[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
