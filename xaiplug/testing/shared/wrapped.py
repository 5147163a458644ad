"""Networks made of others: blind, symmetric, mixed, with another head, or failing on cue."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import torch
from torch import Tensor, nn


class Blind(nn.Module):
    """A network that does not see the features where `seen` is 0."""

    def __init__(self, network: nn.Module, seen: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("seen", seen)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.network(x * self.seen)  # type: ignore[operator, no-any-return]


class Symmetric(nn.Module):
    """network(x) + network(x with two blocks of features swapped)."""

    def __init__(self, network: nn.Module, swap: Tensor) -> None:
        super().__init__()
        self.network = network
        self.register_buffer("swap", swap)
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        swapped = x.flatten(1)[:, self.swap].view_as(x)  # type: ignore[index]
        return self.network(x) + self.network(swapped)  # type: ignore[no-any-return]


class Weighted(nn.Module):
    """a f1(x) + b f2(x)."""

    def __init__(self, first: nn.Module, second: nn.Module, a: float, b: float) -> None:
        super().__init__()
        self.first, self.second, self.a, self.b = first, second, a, b
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.a * self.first(x) + self.b * self.second(x)  # type: ignore[no-any-return]


class Fuse(nn.Module):
    """Raises at the end of the `allowed + 1`-th forward after `armed` is set."""

    def __init__(self, network: nn.Module, allowed: int) -> None:
        super().__init__()
        self.network, self.allowed = network, allowed
        self.eval()
        self.armed = False
        self.blown = False

    def forward(self, x: Tensor) -> Tensor:
        logits = self.network(x)
        if self.armed:
            self.allowed -= 1
            if self.allowed < 0:
                self.blown = True
                raise RuntimeError("the fuse of the conformance kit has blown")
        return logits  # type: ignore[no-any-return]


class Poisoned(nn.Module):
    """Returns NaN, and NaN gradients, once `armed`; `used` says whether it was asked then."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network
        self.eval()
        self.armed = False
        self.used = False

    def forward(self, x: Tensor) -> Tensor:
        logits = self.network(x)
        if self.armed:
            self.used = True
            return logits * float("nan")  # type: ignore[no-any-return]
        return logits  # type: ignore[no-any-return]


class Awkward(nn.Module):
    """A network that answers what tools do not expect: see `KINDS`."""

    KINDS = ("float64 logits", "integer logits", "no gradient", "a class more from the third call on")

    def __init__(self, network: nn.Module, kind: str) -> None:
        super().__init__()
        self.network, self.kind, self.calls = network, kind, 0
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        self.calls += 1
        match self.kind:
            case "float64 logits":
                return self.network(x).double()  # type: ignore[no-any-return]
            case "integer logits":
                return self.network(x).long()  # type: ignore[no-any-return]
            case "no gradient":
                with torch.no_grad():
                    return self.network(x)  # type: ignore[no-any-return]
        logits: Tensor = self.network(x)
        return logits if self.calls < 3 else torch.cat([logits, logits[:, :1]], dim=1)


def with_head(network: nn.Module, change: Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]) -> nn.Module:
    """A copy whose head has `change(weight (K,D), bias (K,))`."""
    changed: Any = deepcopy(network)
    head: nn.Linear = changed.head
    weight, bias = change(head.weight.detach().clone(), head.bias.detach().clone())
    head.weight.data, head.bias.data = weight, bias
    return changed  # type: ignore[no-any-return]
