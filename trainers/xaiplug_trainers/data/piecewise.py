"""The piecewise function of XAI-BENCH (Liu et al., 2021; eq. 22 and 23 of the IG2 paper), and its exact game.

Features are five independent standard Gaussians. psi_1..psi_3 take few values, psi_4 = psi_5 = 0, so an expectation
over unknown features is a finite sum over their values, weighted by Gaussian probabilities.
"""

from dataclasses import dataclass
from math import erf, sqrt
from typing import Literal

import torch
from torch import Tensor

from xaiplug_trainers.analytic import coalitions

__all__ = ["FEATURES", "Variant", "expected_sum", "games", "labels", "parts"]

FEATURES = 5
Variant = Literal["paper", "upstream"]


@dataclass(frozen=True)
class _Step:
    """A step function: `values[k]` on [edges[k-1], edges[k]), with -inf and inf at the ends."""

    edges: tuple[float, ...]
    values: tuple[int, ...]

    def distribution(self) -> dict[int, float]:
        """Value -> probability for a standard Gaussian argument."""
        below = [0.0, *(0.5 * (1 + erf(edge / sqrt(2))) for edge in self.edges), 1.0]
        result: dict[int, float] = {}
        for value, low, high in zip(self.values, below[:-1], below[1:], strict=True):
            result[value] = result.get(value, 0.0) + high - low
        return result


def parts(x: Tensor, variant: Variant = "paper") -> Tensor:
    """psi_1, psi_2, psi_3 of rows x (N,5): (N,3) int64.

    `paper`: psi_1 = sign with 0 -> 1; psi_2 = -2, -1, 1, 2 on (-inf,-.5), [-.5,0), [0,.5), [.5,inf);
    psi_3 = floor(2 cos(pi x)). `upstream` is the published code: psi_2 is 0 on [-.5,0) (a branch that is never true),
    psi_3 truncates toward zero and turns 0 into 1.
    """
    first = torch.where(x[:, 0] >= 0, 1, -1)
    step = _psi_2(variant)
    second = torch.tensor(step.values)[torch.bucketize(x[:, 1].contiguous(), torch.tensor(step.edges), right=True)]
    wave = 2 * torch.cos(torch.pi * x[:, 2])
    third = wave.floor() if variant == "paper" else wave.trunc().masked_fill(wave.trunc() == 0, 1)
    return torch.stack([first, second, third.long()], dim=1)


def expected_sum(variant: Variant = "paper") -> float:
    """E[psi_1 + psi_2 + psi_3]."""
    return sum(value * weight for psi in _distributions(variant) for value, weight in psi.items())


def labels(x: Tensor, variant: Variant = "paper") -> Tensor:
    """y (N,) int64: 1 where the sum of the parts exceeds its expectation."""
    return (parts(x, variant).sum(1) > expected_sum(variant)).long()


def games(x: Tensor, variant: Variant = "paper") -> Tensor:
    """Exact conditional expectations E[y | x_S] (N,32) float64, S in the order of `analytic.coalitions(5)`."""
    known = parts(x, variant)
    threshold = expected_sum(variant)
    distributions = _distributions(variant)
    result = torch.empty(len(x), 2**FEATURES, dtype=torch.float64)
    for row, members in enumerate(coalitions(FEATURES).tolist()):
        unknown = {0: 1.0}  # the sum of the unknown parts -> its probability
        for member, distribution in zip(members[:3], distributions, strict=True):
            unknown = unknown if member else _convolve(unknown, distribution)
        base = known[:, [i for i in range(3) if members[i]]].sum(1)
        result[:, row] = sum(weight * (base + value > threshold).double() for value, weight in unknown.items())
    return result


def _distributions(variant: Variant) -> tuple[dict[int, float], ...]:
    return _Step((0.0,), (-1, 1)).distribution(), _psi_2(variant).distribution(), _psi_3(variant).distribution()


def _psi_2(variant: Variant) -> _Step:
    return _Step((-0.5, 0.0, 0.5), (-2, -1 if variant == "paper" else 0, 1, 2))


def _psi_3(variant: Variant, periods: int = 6) -> _Step:
    """Floor or truncation of 2 cos(pi x) by intervals, up to single points; beyond 12 there is no probability left."""
    # Each crest of the cosine, at an even x, as (half width, value) from its foot to its top.
    crest, trough = (((2 / 3, -1), (1 / 2, 0), (1 / 3, 1)), -2) if variant == "paper" else (((2 / 3, 1),), -1)
    edges: list[float] = []
    values = [trough]
    for centre in range(-2 * periods, 2 * periods + 1, 2):
        up, down = [value for _, value in crest], [value for _, value in crest[-2::-1]]
        edges += [centre - half for half, _ in crest] + [centre + half for half, _ in reversed(crest)]
        values += [*up, *down, trough]
    return _Step(tuple(edges), tuple(values))


def _convolve(one: dict[int, float], other: dict[int, float]) -> dict[int, float]:
    result: dict[int, float] = {}
    for a, p in one.items():
        for b, q in other.items():
            result[a + b] = result.get(a + b, 0.0) + p * q
    return result
