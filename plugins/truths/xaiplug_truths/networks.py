"""Networks (B,1,16,16) -> (B,1) whose weights are set by hand; none is trained.

All begin with the means of the sixteen 4x4 patches, in raster order, as a convolution. What follows is a linear layer,
ReLU and a linear layer, as far as it can be: methods that follow layers can follow these. Weights are sums of powers of
two, so that float32 and float64 have the same network.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from torch import Tensor, nn

SIDE, PATCH = 16, 4
PLAYERS = (SIDE // PATCH) ** 2

Unit = tuple[Mapping[int, float], float, float]
"""A ReLU: patch -> weight, its bias, and the weight of its output."""


def on_patches(*head: nn.Module) -> nn.Sequential:
    """The means of the patches, and what is made of them."""
    means = nn.utils.skip_init(nn.Conv2d, 1, 1, PATCH, stride=PATCH, bias=False)
    nn.init.constant_(means.weight, 1 / PATCH**2)
    return nn.Sequential(means, nn.Flatten(), *head).eval()


def straight(weights: Mapping[int, float], bias: float) -> nn.Linear:
    """Σ w_g m_g + bias."""
    return _linear([weights], [bias], PLAYERS)


def of_units(units: Sequence[Unit], bias: float = 0.0) -> tuple[nn.Linear, nn.ReLU, nn.Linear]:
    """Σ out · ReLU(Σ w_g m_g + b) + bias."""
    first = _linear([weights for weights, _, _ in units], [bias for _, bias, _ in units], PLAYERS)
    last = _linear([dict(enumerate(out for _, _, out in units))], [bias], len(units))
    return first, nn.ReLU(), last


def bends(player: int, edges: Sequence[float], slopes: Sequence[float]) -> list[Unit]:
    """Units that make a curve of one patch: 0 at 0, and from each edge on straight with a slope.

    Edges rise from 0; `slopes` has one for each.
    """
    before = [0.0, *slopes[:-1]]
    return [({player: 1.0}, -edge, slope - last) for edge, slope, last in zip(edges, slopes, before, strict=True)]


class Products(nn.Module):
    """Σ c m_a m_b over pairs (a, b, c): (B,16) -> (B,1)."""

    left: Tensor
    right: Tensor

    def __init__(self, pairs: Sequence[tuple[int, int, float]]) -> None:
        super().__init__()
        first, second, factors = zip(*pairs, strict=True)
        self.register_buffer("left", torch.tensor(first))
        self.register_buffer("right", torch.tensor(second))
        self.factors = _linear([dict(enumerate(factors))], [0.0], len(pairs))

    def forward(self, means: Tensor) -> Tensor:
        scores: Tensor = self.factors(means[:, self.left] * means[:, self.right])
        return scores


class Extreme(nn.Module):
    """The largest, or the smallest, mean among some patches: (B,16) -> (B,1)."""

    players: Tensor

    def __init__(self, players: Sequence[int], *, largest: bool) -> None:
        super().__init__()
        self.register_buffer("players", torch.tensor(players))
        self.largest = largest

    def forward(self, means: Tensor) -> Tensor:
        chosen = means[:, self.players]
        return chosen.amax(1, keepdim=True) if self.largest else chosen.amin(1, keepdim=True)


def _linear(rows: Sequence[Mapping[int, float]], bias: Sequence[float], width: int) -> nn.Linear:
    layer: nn.Linear = nn.utils.skip_init(nn.Linear, width, len(rows))
    nn.init.zeros_(layer.weight)
    with torch.no_grad():
        layer.bias.copy_(torch.tensor(bias))
        for row, weights in enumerate(rows):
            for column, weight in weights.items():
                layer.weight[row, column] = weight
    return layer
