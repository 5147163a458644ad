"""What those who look at a network ask of its adapter (`xaiplug.Model`)."""

from __future__ import annotations

from typing import Protocol

from torch import Tensor, nn


class Adapted(Protocol):
    """A network that takes pixels and gives logits (B,K)."""

    name: str
    network: nn.Module
    module: nn.Module
    input_range: tuple[float, float] | None

    def __call__(self, x: Tensor) -> Tensor: ...

    def layer(self, name: str) -> nn.Module: ...
