"""DeepLIFT's rules as differentiable functions of a doubled batch: first half x, second half the reference x'.

Each computes its operation as it is; its backward pass multiplies by Δoutput/Δinput in place of the derivative.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable


class Rescale(torch.autograd.Function):
    """Any elementwise f: multiplier Δf/Δz (rescale rule), and f'(z) in the middle where Δz is nothing but rounding."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, f: Callable[[Tensor], Tensor]) -> Tensor:
        out = f(z.clone())
        ctx.f = f
        ctx.save_for_backward(z, out)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None]:
        z, out = ctx.saved_tensors
        (zx, zr), (fx, fr) = z.chunk(2), out.chunk(2)
        change = zx - zr
        same = change.abs() <= torch.finfo(z.dtype).eps ** (2 / 3) * (zx.abs() + zr.abs())
        slope = (fx - fr) / torch.where(same, torch.ones_like(change), change)
        if bool(same.any()):
            with torch.enable_grad():
                middle = ((zx + zr) / 2).detach().requires_grad_()
                (derivative,) = torch.autograd.grad(ctx.f(middle * 1).sum(), middle)
            slope = torch.where(same, derivative, slope)
        return gradient * torch.cat([slope, slope]), None


class MaxPool(torch.autograd.Function):
    """Max pooling: Δoutput goes to the place of the larger of the two maxima, divided by the Δinput there."""

    @staticmethod
    def forward(ctx: Any, z: Tensor, pool: Callable[[Tensor], tuple[Tensor, Tensor]], places: int) -> Tensor:
        out, index = pool(z)
        ctx.places = places
        ctx.save_for_backward(z, out, index)
        return out

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, None, None]:
        z, out, index = ctx.saved_tensors
        flat = lambda values: values.flatten(-ctx.places)  # noqa: E731 - (R,C,H,W) -> (R,C,HW)
        (zx, zr), (fx, fr), (ix, ir) = flat(z).chunk(2), flat(out).chunk(2), flat(index).chunk(2)
        place = torch.where(fx >= fr, ix, ir)
        change = (zx - zr).gather(-1, place)
        slope = torch.where(change == 0, torch.ones_like(change), (fx - fr) / torch.where(change == 0, 1, change))
        halves = [torch.zeros_like(zx).scatter_add(-1, place, flat(g) * slope) for g in gradient.chunk(2)]
        return torch.cat(halves).view_as(z), None, None


class Product(torch.autograd.Function):
    """a * b of two computed factors: Δ(ab) = Δa (b + b')/2 + Δb (a + a')/2, the Shapley values of the two changes."""

    @staticmethod
    def forward(ctx: Any, a: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(a, b)
        return a * b

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor]:
        a, b = ctx.saved_tensors
        return (gradient * _both(b)).sum_to_size(a.shape), (gradient * _both(a)).sum_to_size(b.shape)


def _both(values: Tensor) -> Tensor:
    """The mean of x's and x' values, twice."""
    one, other = values.chunk(2)
    middle = (one + other) / 2
    return torch.cat([middle, middle])
