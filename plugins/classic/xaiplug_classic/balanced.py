"""A transformer whose forward is as it was, and whose gradients leave out what only weighs: gates and denominators."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from xaiplug.errors import ModelError
from xaiplug.model import Model


def balanced(model: Model) -> Model:
    """The same model with other derivatives; parameters are shared, the network is not changed.

    Attention weights, the denominators of layer, RMS and group norms, and the gates of GELU, SiLU, Mish and Hardswish
    (y = x g(x)) are constants of the backward pass. What torch's own calls do is seen, whoever makes them; a norm or a
    gate that is written out in elementary operations is not.
    """
    changed = copy(model)
    changed.__class__ = _Balanced
    changed.module = _Intercepted(model.module)
    return changed


class _Balanced(Model):
    @property
    def tokens(self) -> None:
        raise ModelError("libragrad does not reach methods that take a transformer apart; take one of its gradients")


class _Intercepted(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner
        self.train(inner.training)

    def forward(self, x: Tensor) -> Tensor:
        with _Constants():
            output: Tensor = self.inner(x)
        return output


class _Constants(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        given = dict(kwargs or {})
        if func in _ATTENTION:
            return _attended(func, args, given)
        if func in _WEIGHTS:
            return func(*args, **given).detach()
        if func in _NORMS:
            return _with_slope(func(*args, **given), _NORMS[func](*args, **given))
        if func in _GATES:
            return _gated(func, *args, **given)
        return func(*args, **given)


def _attended(func: Any, args: Sequence[Any], given: dict[str, Any]) -> Any:
    """Attention, where the value alone keeps its gradient."""
    value = func(*args, **given)  # torch's own layer projects what is one tensor at once: other bits
    named = {name: given.pop(name) for name in ("query", "key") if name in given}
    weighing = [part.detach() for part in (*args[:2], *named.values())]
    linear = func(*weighing, *args[2:], **given)
    if isinstance(value, tuple):
        return _with_slope(value[0], linear[0]), *value[1:]
    return _with_slope(value, linear)


def _with_slope(value: Tensor, linear: Tensor) -> Tensor:
    """The value of the one to the bit, the derivative of the other."""
    return value.detach() + (linear - linear.detach())


def _gated(func: Any, input: Tensor, *further: Any, inplace: bool = False, **named: Any) -> Tensor:
    x = input.clone() if inplace else input
    value = func(x, *further, **named).detach()
    gate = torch.where(x == 0, _GATES[func], value / x).detach()
    made = _with_slope(value, gate * x)
    return input.copy_(made) if inplace else made


def _layer_norm(
    input: Tensor,
    normalized_shape: Sequence[int],
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    axes = tuple(range(-len(normalized_shape), 0))
    centred = input - input.mean(axes, keepdim=True)
    scaled = centred * (centred.square().mean(axes, keepdim=True) + eps).rsqrt().detach()
    return scaled if weight is None else scaled * weight


def _rms_norm(
    input: Tensor, normalized_shape: Sequence[int], weight: Tensor | None = None, eps: float | None = None
) -> Tensor:
    axes, small = tuple(range(-len(normalized_shape), 0)), torch.finfo(input.dtype).eps if eps is None else eps
    scaled = input * (input.square().mean(axes, keepdim=True) + small).rsqrt().detach()
    return scaled if weight is None else scaled * weight


def _group_norm(
    input: Tensor,
    num_groups: int,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    eps: float = 1e-5,
    *_: Any,
) -> Tensor:
    parts = input.reshape(len(input), num_groups, -1)
    scaled = _layer_norm(parts, parts.shape[2:], eps=eps).view_as(input)
    return scaled if weight is None else scaled * weight.view(-1, *(1,) * (input.ndim - 2))


_ATTENTION = (F.scaled_dot_product_attention, F.multi_head_attention_forward)
_WEIGHTS = (F.softmax, torch.softmax, Tensor.softmax)
_NORMS = {
    F.layer_norm: _layer_norm,
    torch.layer_norm: _layer_norm,
    F.rms_norm: _rms_norm,
    torch.rms_norm: _rms_norm,
    F.group_norm: _group_norm,
    torch.group_norm: _group_norm,
}
_GATES = {F.gelu: 0.5, F.silu: 0.5, F.hardswish: 0.5, F.mish: 0.6}
"""Function -> its gate g(0), where y / x has no value."""
