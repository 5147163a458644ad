"""What a second derivative needs, and what it should not pay for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F
from torch.nn.attention import SDPBackend, sdpa_kernel
from torch.overrides import TorchFunctionMode

from xaiplug.grad.kinks import written


@contextmanager
def twice_differentiable() -> Iterator[None]:
    """Run a forward that will be differentiated twice in its input.

    Attention goes to its math kernel, as the fused ones have no second derivative. Convolutions and batch norms with
    frozen weights take the derivatives of the input alone: torch's own second derivatives compute those of the weights
    too, wanted or not, channel by channel where a convolution is depthwise (half of a Hessian row of MobileNetV2).
    Hardsigmoid, whose derivative torch cannot differentiate, is a clamp: the same, with a second derivative of 0.
    """
    with sdpa_kernel(SDPBackend.MATH), _Frozen():
        yield


class _Frozen(TorchFunctionMode):
    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        named = dict(kwargs or {})
        if func is F.batch_norm and (affine := _affine(*args, **named)) is not None:
            return affine
        if func is F.hardsigmoid:
            return written(func, args, named, _clipped)
        if (dims := _DIMENSIONS.get(func)) is not None:
            x, weight, bias, *options = _arguments(*args, **named)
            frozen = not (weight.requires_grad or (bias is not None and bias.requires_grad))
            if frozen and x.ndim == dims + 2 and not isinstance(options[1], str):
                wide = [[value] * dims if isinstance(value, int) else list(value) for value in options[:3]]
                out: Tensor = _Convolution.apply(x, weight, *wide, options[3])
                return out if bias is None else out + bias.view(-1, *[1] * dims)
        return func(*args, **named)


def _clipped(z: Tensor, clip: float | None) -> Tensor:
    return z.clamp(min=0, max=clip)


_DIMENSIONS = {torch.conv1d: 1, torch.conv2d: 2, torch.conv3d: 3}


def _arguments(
    input: Tensor,
    weight: Tensor,
    bias: Tensor | None = None,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    groups: int = 1,
) -> tuple[Any, ...]:
    """Those of `torch.conv2d`, by place or by name, with their defaults."""
    return input, weight, bias, stride, padding, dilation, groups


def _affine(
    input: Tensor,
    running_mean: Tensor | None,
    running_var: Tensor | None,
    weight: Tensor | None = None,
    bias: Tensor | None = None,
    training: bool = False,
    momentum: float = 0.1,
    eps: float = 1e-5,
) -> Tensor | None:
    """Batch norm by running statistics and frozen weights, a scale and a shift; None where it is not that."""
    if training or running_mean is None or running_var is None:
        return None
    if any(value is not None and value.requires_grad for value in (weight, bias)):
        return None
    scale = torch.rsqrt(running_var + eps)
    scale = scale if weight is None else scale * weight
    shift = -running_mean * scale if bias is None else bias - running_mean * scale
    shape = (-1, *[1] * (input.ndim - 2))
    return input * scale.view(shape) + shift.view(shape)


class _Convolution(Function):
    """Convolution, linear in its input; the weight is a constant."""

    generate_vmap_rule = True

    @staticmethod
    def forward(
        x: Tensor, weight: Tensor, stride: list[int], padding: list[int], dilation: list[int], groups: int
    ) -> Tensor:
        none = [0] * len(stride)
        found: Tensor = torch.ops.aten.convolution(x, weight, None, stride, padding, dilation, False, none, groups)
        return found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        x, weight, *ctx.options = inputs
        ctx.shape = x.shape
        ctx.save_for_backward(weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        (weight,) = ctx.saved_tensors
        return _Transposed.apply(gradient, weight, ctx.shape, *ctx.options), None, None, None, None, None


class _Transposed(Function):
    """The gradient of a convolution in its input: linear too, and its derivative is the convolution again."""

    generate_vmap_rule = True

    @staticmethod
    def forward(
        gradient: Tensor,
        weight: Tensor,
        shape: Sequence[int],
        stride: list[int],
        padding: list[int],
        dilation: list[int],
        groups: int,
    ) -> Tensor:
        like = gradient.new_empty(1).expand(shape)
        none, only_input = [0] * len(stride), [True, False, False]
        found: Tensor = torch.ops.aten.convolution_backward(
            gradient, like, weight, None, stride, padding, dilation, False, none, groups, only_input
        )[0]
        return found

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        _, weight, _, *ctx.options = inputs
        ctx.save_for_backward(weight)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Any, ...]:
        (weight,) = ctx.saved_tensors
        return _Convolution.apply(gradient, weight, *ctx.options), None, None, None, None, None, None
