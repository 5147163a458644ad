"""Curvature for piecewise-linear networks: every ReLU replaced by a smooth surrogate, in its derivatives alone.

A ReLU network has no Hessian (it is zero almost everywhere). H-Sets (eq. 8) keeps the forward and replaces the first
derivative of ReLU by h(z) = 1 + z/sqrt(z^2+tau) for z < 0 and z/sqrt(z^2+tau) for z >= 0, so that the second is
tau/(z^2+tau)^(3/2) > 0 everywhere. (h jumps from 1 to 0 at z = 0; that is what the paper prints.)

The surrogate is put in by intercepting torch's calls, not by rewriting the network: ReLU modules, functional ReLU,
in-place and reused ones are all caught, nothing is copied or traced, and the parameters are the user's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from copy import copy
from typing import Any, Literal

import torch
from torch import Tensor, nn
from torch.autograd import Function
from torch.nn import functional as F
from torch.overrides import TorchFunctionMode

from xaiplug.grad.kinks import KINKED, Bent, written
from xaiplug.model.adapter import Model
from xaiplug.model.compiled import layers_of

Smoothing = Literal["adv2", "softplus", "none"]


def smoothed(model: Model, kind: Smoothing = "adv2", *, tau: float = 1e-3, beta: float = 10.0) -> Model:
    """The same model with its kinks smoothed; parameters are shared, the network is not changed.

    Args:
        kind: "adv2" (exact forward, surrogate derivatives), "softplus" (forward and derivatives of
            softplus(beta z)/beta), or "none".
        tau: width of the surrogate.
        beta: sharpness of softplus.

    What is made of straight pieces is written by ReLU, and smoothed with it: ReLU6 = relu(z) - relu(z - 6), Hardtanh,
    Hardsigmoid = relu6(z + 3)/6, Hardswish = z relu6(z + 3)/6, LeakyReLU, PReLU and Softshrink (their forward, but for
    rounding). GELU, SiLU, Mish, ELU and their like, Sigmoid, Tanh, Softplus and Softmax have curvature of their own and
    keep it, exactly. Threshold and Hardshrink jump, RReLU draws in training, clamps and maxima are no activations: they
    are left alone, without curvature.

    Raises:
        ModelError: a network with TorchScript in it, whose calls cannot be seen.
    """
    if kind == "none":
        return model
    layers_of(model.network, model.name)

    def surrogate(z: Tensor, clip: float | None) -> Tensor:
        if kind == "adv2":
            bent: Tensor = _Adv2.apply(z, tau, clip)[0]
            return bent
        soft = F.softplus(z, beta=beta)
        return soft if clip is None else soft - F.softplus(z - clip, beta=beta)

    changed = copy(model)
    changed.module = _Smooth(model.module, surrogate)
    return changed


class _Adv2(Function):
    """relu(z) to the bit, up to `clip`; its derivative is h(z), or h(z) - h(z - clip)."""

    generate_vmap_rule = True

    @staticmethod
    def forward(z: Tensor, tau: float, clip: float | None) -> tuple[Tensor, ...]:
        slope, bend = _slopes(z, tau)
        if clip is not None:
            above = _slopes(z - clip, tau)
            slope, bend = slope - above[0], bend - above[1]
        return z.clamp(min=0, max=clip), slope, bend

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: tuple[Tensor, ...]) -> None:
        _, slope, bend = output
        ctx.mark_non_differentiable(slope, bend)
        ctx.save_for_backward(inputs[0], slope, bend)

    @staticmethod
    def backward(ctx: Any, gradient: Tensor, *_: Any) -> tuple[Any, ...]:
        return _Scaled.apply(gradient, *ctx.saved_tensors), None, None


def _slopes(z: Tensor, tau: float) -> tuple[Tensor, Tensor]:
    """h(z) = z/sqrt(z^2+tau), and 1 more for z < 0; and h'(z) = tau/(z^2+tau)^(3/2)."""
    inverse = torch.rsqrt(z * z + tau)
    slope = z * inverse
    return torch.where(z < 0, slope + 1, slope), tau * inverse * inverse * inverse


class _Scaled(Function):
    """gradient * slope(z), whose derivative in z is gradient * bend; both are known, so a Hessian row is two products.

    Twice is enough: a third derivative would take slope and bend for constants.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(gradient: Tensor, z: Tensor, slope: Tensor, bend: Tensor) -> Tensor:
        return gradient * slope

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple[Any, ...], output: Tensor) -> None:
        gradient, _, slope, bend = inputs
        ctx.save_for_backward(slope, gradient * bend)

    @staticmethod
    def backward(ctx: Any, outer: Tensor) -> tuple[Any, ...]:
        slope, curvature = ctx.saved_tensors
        return outer * slope, outer * curvature, None, None


class _Smooth(nn.Module):
    """Runs a module with its ReLUs intercepted."""

    def __init__(self, inner: nn.Module, surrogate: Bent) -> None:
        super().__init__()
        self.inner = inner
        self.surrogate = surrogate
        self.train(inner.training)

    def forward(self, x: Tensor) -> Tensor:
        with _Intercept(self.surrogate):
            output: Tensor = self.inner(x)
        return output


class _Intercept(TorchFunctionMode):
    def __init__(self, surrogate: Bent) -> None:
        super().__init__()
        self.surrogate = surrogate

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        if func not in KINKED:
            return func(*args, **(kwargs or {}))
        with torch._C.DisableTorchFunction():
            return written(func, args, kwargs or {}, self.surrogate)
