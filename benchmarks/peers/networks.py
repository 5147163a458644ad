"""The networks that are raced on, with drawn weights, and their bare passes."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor, nn
from torchvision.models import VisionTransformer, mobilenet_v2, resnet18

TARGET = 1


def small_cnn() -> nn.Module:
    """Three convolutions that widen 3x64x64 to 32 channels."""
    return nn.Sequential(
        *(nn.Conv2d(3, 32, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(32, 64, 3, padding=1), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(64, 64, 3, padding=1), nn.ReLU(), nn.AdaptiveAvgPool2d(4)),
        *(nn.Flatten(), nn.Linear(1024, 10)),
    )


def vit_tiny() -> nn.Module:
    """ViT-Tiny/16, with a head that says something."""
    network = VisionTransformer(224, 16, 12, 3, 192, 768)
    nn.init.normal_(network.heads.head.weight, std=0.02)
    return network


MADE = {"small CNN": small_cnn, "MobileNetV2": mobilenet_v2, "ResNet-18": resnet18, "ViT-Tiny": vit_tiny}
SIDES = {"small CNN": 64, "MobileNetV2": 224, "ResNet-18": 224, "ViT-Tiny": 224}
LAYERS = {"small CNN": "7", "MobileNetV2": "features.18", "ResNet-18": "layer4"}
"""Whose maps class activation reads."""


@cache
def network(name: str) -> nn.Module:
    """One of `MADE`, in eval mode and frozen."""
    torch.manual_seed(0)
    return MADE[name]().eval().requires_grad_(False)


def bare_gradients(net: nn.Module, x: Tensor, points: int = 1, batch: int = 4) -> Callable[[], Tensor]:
    """As many forwards and backwards as `points` of each image take, `batch` at a time, and nothing else."""
    rows = x.repeat(points, 1, 1, 1)

    def passes() -> Tensor:
        found = rows
        for part in rows.split(batch):
            at = part.clone().requires_grad_()
            (found,) = torch.autograd.grad(net(at)[:, TARGET].sum(), at)
        return found

    return passes


def bare_forwards(net: nn.Module, x: Tensor, rows: int, batch: int = 8) -> Callable[[], Tensor]:
    """`rows` forwards, `batch` at a time, and nothing else."""
    ready = x[:1].repeat(batch, 1, 1, 1)

    def passes() -> Tensor:
        with torch.no_grad():
            found = ready
            for start in range(0, rows, batch):
                found = net(ready[: min(batch, rows - start)])
        return found

    return passes
