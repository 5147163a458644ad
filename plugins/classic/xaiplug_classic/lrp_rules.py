"""The rules of layer-wise relevance propagation, each for one operation (Bach et al., 2015; Montavon et al., 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiplug_classic.tape import wide

Map = Callable[[Tensor, Tensor, Tensor | None], Tensor]
"""x, weight, bias -> z, linear in x and in (weight, bias)."""
STABILISER = 1e-6
"""What denominators are kept from zero by, where a rule has no ε of its own."""
GAMMA = 0.25
"""γ of the γ rule."""


@dataclass(frozen=True, eq=False)
class Layer:
    """z = map(x, weight, bias); `low` and `high` are the ends of x, where it is the pixels."""

    map: Map
    x: Tensor
    weight: Tensor
    bias: Tensor | None
    low: Tensor | None = None
    high: Tensor | None = None


def shared(f: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor], relevance: Sequence[Tensor]) -> list[Tensor]:
    """Each input's share of a linear or affine operation: x ⊙ Jᵀ(R/z), of a sum a/(a + b) R (ε rule)."""
    with torch.enable_grad():
        xs = [wide(x.detach()).requires_grad_() for x in inputs]
        outputs = f(xs)
        slopes = [r / _stable(z.detach(), STABILISER) for z, r in zip(outputs, relevance, strict=True)]
        return [x.detach() * slope for x, slope in zip(xs, _back(outputs, xs, slopes), strict=True)]


def moved(f: Callable[..., Sequence[Tensor]], inputs: Sequence[Tensor], relevance: Sequence[Tensor]) -> list[Tensor]:
    """Relevance back to where the values came from: reshapes, concatenations, the places of maxima."""
    with torch.enable_grad():
        xs = [wide(x.detach()).requires_grad_() for x in inputs]
        return _back(f(xs), xs, relevance)


def epsilon(layer: Layer, relevance: Tensor, small: float) -> Tensor:
    """R_i = Σ_j z_ij / (z_j + ε sign z_j) R_j (Bach et al., 2015, eq. 58)."""
    return _spread(layer.map, [(1, layer.x, layer.weight, layer.bias)], relevance, small)


def plus(layer: Layer, relevance: Tensor) -> Tensor:
    """R_i = Σ_j z_ij⁺ / z_j⁺ R_j: α = 1, β = 0 (Bach et al., 2015, eq. 60)."""
    return _spread(layer.map, _signed(layer, 1), relevance)


def alpha2_beta1(layer: Layer, relevance: Tensor) -> Tensor:
    """R_i = Σ_j (2 z_ij⁺ / z_j⁺ - z_ij⁻ / z_j⁻) R_j (Bach et al., 2015, eq. 60)."""
    return 2 * plus(layer, relevance) - _spread(layer.map, _signed(layer, -1), relevance)


def gamma(layer: Layer, relevance: Tensor) -> Tensor:
    """The ε rule with what has the sign of z_j counted 1 + γ times (Montavon et al., 2019, Sec. 10.2.1)."""
    z = layer.map(layer.x, layer.weight, layer.bias)
    whole = (1, layer.x, layer.weight, layer.bias)
    return sum(
        (
            _spread(
                layer.map,
                [whole, *((GAMMA, *term[1:]) for term in _signed(layer, sign))],
                relevance * (z * sign > 0),
            )
            for sign in (1, -1)
        ),
        torch.zeros_like(layer.x),
    )


def flat(layer: Layer, relevance: Tensor) -> Tensor:
    """Relevance spread evenly over what a unit reads, whatever is there."""
    return _spread(layer.map, [(1, torch.ones_like(layer.x), torch.ones_like(layer.weight), None)], relevance)


def box(layer: Layer, relevance: Tensor) -> Tensor:
    """z_ij = x_i w_ij - low_i w_ij⁺ - high_i w_ij⁻, for inputs between two ends (Montavon et al., 2017, eq. 18)."""
    assert layer.low is not None
    assert layer.high is not None
    w = layer.weight
    terms = [(1, layer.x, w, None), (-1, layer.low, w.clamp(min=0), None), (-1, layer.high, w.clamp(max=0), None)]
    return _spread(layer.map, terms, relevance)


def _signed(layer: Layer, sign: int) -> list[tuple[float, Tensor, Tensor, Tensor | None]]:
    """The terms of z that have a sign: pairs of equal signs for 1, of unlike signs for -1."""
    parts = (lambda v: v.clamp(min=0)), (lambda v: v.clamp(max=0))
    up, down = parts if sign > 0 else parts[::-1]
    bias = None if layer.bias is None else up(layer.bias)
    return [(1, layer.x.clamp(min=0), up(layer.weight), bias), (1, layer.x.clamp(max=0), down(layer.weight), None)]


def _spread(
    f: Map,
    terms: Sequence[tuple[float, Tensor, Tensor, Tensor | None]],
    relevance: Tensor,
    small: float = STABILISER,
) -> Tensor:
    """Relevance to the x of terms (factor, x, weight, bias), in proportion to what each brings to their sum."""
    with torch.enable_grad():
        xs = [x.detach().requires_grad_() for _, x, _, _ in terms]
        z = sum(factor * f(x, weight, bias) for x, (factor, _, weight, bias) in zip(xs, terms, strict=True))
        assert isinstance(z, Tensor)
        slopes = torch.autograd.grad(z, xs, relevance / _stable(z.detach(), small))
    return sum((x.detach() * slope for x, slope in zip(xs, slopes, strict=True)), torch.zeros_like(relevance[:0].sum()))


def _back(outputs: Sequence[Tensor], xs: Sequence[Tensor], slopes: Sequence[Tensor]) -> list[Tensor]:
    return list(torch.autograd.grad(outputs, xs, slopes, materialize_grads=True))


def _stable(z: Tensor, small: float) -> Tensor:
    return z + torch.where(z < 0, -small, small).to(z.dtype)
