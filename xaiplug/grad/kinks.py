"""Activations made of straight pieces, each written by ReLU: what bends their kinks."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

Bent = Callable[[Tensor, float | None], Tensor]
"""relu(z), up to a clip where one is given."""


def _relu(bent: Bent, input: Tensor, inplace: bool = False) -> Tensor:
    return bent(input, None)


def _relu6(bent: Bent, input: Tensor, inplace: bool = False) -> Tensor:
    return bent(input, 6.0)


def _hardtanh(bent: Bent, input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    return bent(input, max_val) if min_val == 0 else bent(input - min_val, max_val - min_val) + min_val


def _hardsigmoid(bent: Bent, input: Tensor, inplace: bool = False) -> Tensor:
    return bent(input + 3, 6.0) / 6


def _hardswish(bent: Bent, input: Tensor, inplace: bool = False) -> Tensor:
    return input * bent(input + 3, 6.0) / 6


def _leaky_relu(bent: Bent, input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    return negative_slope * input + (1 - negative_slope) * bent(input, None)


def _prelu(bent: Bent, input: Tensor, weight: Tensor) -> Tensor:
    slope = weight.view(-1, *[1] * (input.ndim - 2)) if input.ndim > 1 else weight
    return slope * input + (1 - slope) * bent(input, None)


def _softshrink(bent: Bent, input: Tensor, lambd: float = 0.5) -> Tensor:
    return bent(input - lambd, None) - bent(-input - lambd, None)


_WRITTEN: dict[Callable[..., Tensor], tuple[Callable[..., Tensor], ...]] = {
    _relu: (F.relu, F.relu_, torch.relu, torch.relu_, Tensor.relu, Tensor.relu_),
    _relu6: (F.relu6,),
    _hardtanh: (F.hardtanh, F.hardtanh_),
    _hardsigmoid: (F.hardsigmoid,),
    _hardswish: (F.hardswish,),
    _leaky_relu: (F.leaky_relu, F.leaky_relu_),
    _prelu: (F.prelu, torch.prelu, Tensor.prelu),
    _softshrink: (F.softshrink,),
}
KINKED = {called: written for written, calls in _WRITTEN.items() for called in calls}
"""Every call of torch that is written by ReLU. `nn.ReLU6` calls hardtanh."""


def written(func: Callable[..., Tensor], args: Sequence[Any], named: Mapping[str, Any], bent: Bent) -> Tensor:
    """The value of a call of one of `KINKED`, by `bent`; in place where the call is."""
    given = inspect.signature(KINKED[func]).bind(bent, *args, **{_name(key): value for key, value in named.items()})
    z = given.arguments["input"]
    in_place = func.__name__.endswith("_") or given.arguments.get("inplace", False)
    if in_place:
        given.arguments["input"] = z.clone()
    made = KINKED[func](*given.args, **given.kwargs)
    return z.copy_(made) if in_place else made


def _name(key: str) -> str:
    return "input" if key == "self" else key
