"""Paths that are known beforehand, and the integral along them: all points of a block go through the model together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from xaiplug import Query
from xaiplug.errors import ComponentError
from xaiplug_ig2.along import Along
from xaiplug_ig2.ops import Rule

Curve = Callable[[float], Tensor]
"""The point (B,*shape) at a share of the way, from 0 (the other end) to 1 (the explicand)."""

Edges = Literal["zero", "mirror"]
Spacing = Literal["linear", "sqrt"]
BlurRule = Literal["trapezoid", "left", "right", "midpoint", "published"]

_NUDGE = 0.01
"""By how many pixels the published code widens a Gaussian to see what changes."""
_HELD = 2**24
"""Numbers of path points held at once; how many of them go through the model together is `max_batch`."""


@dataclass(frozen=True)
class Blurring:
    """How wide the Gaussian is on the way, and what it sees beyond the edges.

    Widths go evenly from 0 to `max_sigma` ("linear"), or are √(share · `max_sigma`) ("sqrt"), which ends at
    √`max_sigma`; both are published.
    """

    max_sigma: float
    edges: Edges
    spacing: Spacing

    def width(self, share: float) -> float:
        """In pixels, at a share of the way from the image."""
        return math.sqrt(share * self.max_sigma) if self.spacing == "sqrt" else share * self.max_sigma

    def at(self, images: Tensor, share: float) -> Tensor:
        """Images (B,C,H,W) blurred by so much."""
        return blur(images, self.width(share), self.edges)


def straight(query: Query, baselines: Tensor, steps: int, rule: Rule) -> Along:
    """The straight lines from the baselines (n,B,*shape) to the inputs (Sundararajan et al., 2017, eq. 1)."""
    integrals, scores = zip(
        *(integrate(query, lambda t, b=b: torch.lerp(b, query.inputs, t), steps, rule) for b in baselines), strict=True
    )
    base_score = torch.stack([query.score(baseline) for baseline in baselines])
    return Along(torch.stack(integrals), baselines, base_score, torch.stack(scores))


def blurred(query: Query, steps: int, rule: BlurRule, blurring: Blurring) -> Along:
    """From the most blurred images to the images, along their widths.

    Raises:
        ComponentError: the inputs are no images.
    """
    if query.inputs.ndim != 4:
        raise ComponentError(f"the blur path needs images (B,C,H,W), got {tuple(query.inputs.shape)}")
    if rule == "published":
        integral, scores = _published(query, steps, blurring)
    else:
        integral, scores = integrate(query, lambda t: blurring.at(query.inputs, 1 - t), steps, rule)
    end = blurring.at(query.inputs, 1)
    return Along(integral[None], end[None], query.score(end)[None], scores[None])


def _published(query: Query, steps: int, blurring: Blurring) -> tuple[Tensor, Tensor]:
    """-Σ_j Δσ_j ∂x/∂σ ⊙ ∇f at the sharper end of each piece, ∂x/∂σ by a difference of `_NUDGE` (the authors')."""
    total = torch.zeros_like(query.inputs)
    scores: list[Tensor] = []
    block = max(1, _HELD // query.inputs.numel())
    widths = [blurring.width(j / steps) for j in range(steps + 1)]
    for first in range(0, steps, block):
        pieces = range(first, min(first + block, steps))
        points = torch.stack([blur(query.inputs, widths[j], blurring.edges) for j in pieces])
        score, gradient = _look(query, points)
        scores.append(score)
        for j, point, slope in zip(pieces, points, gradient, strict=True):
            change = (blur(query.inputs, widths[j] + _NUDGE, blurring.edges) - point) / _NUDGE
            total -= (widths[j + 1] - widths[j]) * change * slope
    return total, torch.cat(scores).T


def integrate(query: Query, curve: Curve, steps: int, rule: Rule) -> tuple[Tensor, Tensor]:
    """Σⱼ (x_{j+1} - x_j) ⊙ ∇f over `steps` pieces of a curve, (B,*shape), and the scores (B,P) where ∇f was taken."""
    total = torch.zeros_like(query.inputs)
    scores: list[Tensor] = []
    behind: Tensor | None = None
    block = max(1, _HELD // query.inputs.numel())
    for first in range(0, steps, block):
        pieces = range(first, min(first + block, steps))
        knots = torch.stack([curve(j / steps) for j in (*pieces, pieces[-1] + 1)])
        match rule:
            case "left":
                at = knots[:-1]
            case "right":
                at = knots[1:]
            case "midpoint":
                at = torch.stack([curve((j + 0.5) / steps) for j in pieces])
            case "trapezoid":
                at = knots if behind is None else knots[1:]
        score, gradient = _look(query, at)
        scores.append(score)
        if rule == "trapezoid":
            gradient = gradient if behind is None else torch.cat([behind, gradient])
            behind = gradient[-1:]
            gradient = (gradient[:-1] + gradient[1:]) / 2
        total += ((knots[1:] - knots[:-1]) * gradient).sum(0)
    return total, torch.cat(scores).T


def _look(query: Query, points: Tensor) -> tuple[Tensor, Tensor]:
    """Scores (P,B) and gradients (P,B,*shape) at points (P,B,*shape)."""
    rows = torch.arange(len(query), device=points.device).repeat(len(points))
    scores, gradients = query.score_and_gradient(points.flatten(0, 1), rows)
    return scores.view(len(points), -1), gradients.view_as(points)


def blur(images: Tensor, sigma: float, edges: Edges = "zero") -> Tensor:
    """Images (B,C,H,W) convolved with a Gaussian of width `sigma` pixels; 0 = as they are."""
    height, width = images.shape[2:]
    return blur_matrix(height, sigma, images, edges) @ images @ blur_matrix(width, sigma, images, edges).T


def blur_matrix(side: int, sigma: float, like: Tensor, edges: Edges) -> Tensor:
    """(side,side): row i holds what each pixel gives to pixel i; the kernel ends at 4 sigma.

    >>> blur_matrix(3, 0.5, torch.zeros(()), "mirror").sum(1)
    tensor([1., 1., 1.])
    """
    if sigma == 0:
        return torch.eye(side, dtype=like.dtype, device=like.device)
    radius = math.floor(4 * sigma + 0.5)
    offsets = torch.arange(-radius, radius + 1)
    kernel = torch.exp(-0.5 * (offsets.double() / sigma) ** 2)
    kernel = (kernel / kernel.sum()).expand(side, -1)
    place = torch.arange(side)[:, None] + offsets
    if edges == "zero":
        inside = (place >= 0) & (place < side)
        kernel, place = kernel * inside, place.clamp(0, side - 1)
    else:
        place = place % (2 * side)
        place = torch.where(place < side, place, 2 * side - 1 - place)
    matrix = torch.zeros(side, side, dtype=torch.float64)
    matrix.scatter_add_(1, place, kernel.contiguous())
    return matrix.to(like)
