"""Every analytic truth: a network, how its images are drawn, its closed forms, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from numpy.random import Generator
from numpy.typing import NDArray
from torch import Tensor, nn

from xaiplug.data.exact import Statement
from xaiplug_truths import networks as made
from xaiplug_truths.curves import PIECEWISE, Saturating, Sawtooth
from xaiplug_truths.forms import Forms, additive, any_one, every_one, largest, products, smallest

PLAYERS = made.PLAYERS


@dataclass(frozen=True, eq=False)
class Analytic:
    """One truth.

    Attributes:
        means: draws the mean of every patch of one image, (16,) in [0,1].
        flat: patches of one colour; else there is texture in them.
    """

    network: Callable[[], nn.Module]
    means: Callable[[Generator], NDArray[np.float64]]
    forms: Callable[[Tensor], Forms]
    says: tuple[Statement, ...]
    flat: bool = False


class Curve(Protocol):
    """A curve of one patch mean; see `curves.py`."""

    def value(self, means: Tensor) -> Tensor: ...
    def slope(self, means: Tensor) -> Tensor: ...
    def units(self, player: int) -> list[made.Unit]: ...


_ADDITIVE: tuple[Statement, ...] = ("where", "sign", "share", "order")
_EVERYTHING: tuple[Statement, ...] = ("where", "sign", "share", "order", "interaction")
_TOGETHER: tuple[Statement, ...] = ("where", "interaction")


def _anything(rng: Generator) -> NDArray[np.float64]:
    return rng.uniform(0.1, 0.9, PLAYERS)


def _linear() -> Analytic:
    weights = {0: 2.0, 3: -1.0, 5: 1.5, 6: -0.5, 8: 1.0, 10: -2.0, 13: 0.75, 15: -1.25}

    def forms(means: Tensor) -> Forms:
        each = _spread(weights, means)
        return additive(each * means, each.expand_as(means))

    return Analytic(lambda: made.on_patches(made.straight(weights, 0.25)), _anything, forms, _ADDITIVE)


def _of_curves(curves: Mapping[int, tuple[float, Curve]], draw: Callable[[Generator], NDArray[np.float64]]) -> Analytic:
    """Σ weight · curve(m) over patches."""

    def network() -> nn.Module:
        scaled = [
            (inside, bias, weight * out)
            for player, (weight, curve) in curves.items()
            for inside, bias, out in curve.units(player)
        ]
        return made.on_patches(*made.of_units(scaled, 0.25))

    def forms(means: Tensor) -> Forms:
        worth, slope = torch.zeros_like(means), torch.zeros_like(means)
        for player, (weight, curve) in curves.items():
            worth[:, player] = weight * curve.value(means[:, player].contiguous())
            slope[:, player] = weight * curve.slope(means[:, player].contiguous())
        return additive(worth, slope)

    return Analytic(network, draw, forms, _ADDITIVE)


def _cancelling() -> Analytic:
    """Pairs of equal patches with opposite weights, so that the score is the bias alone; and patches 4 to 7 that pass

    through two strong units each, which undo one another.
    """
    weights = {0: 2.0, 1: -2.0, 10: 1.0, 11: -1.0, 14: 0.5, 15: -0.5}
    units: list[made.Unit] = [({player: 1.0}, 0.0, weight) for player, weight in weights.items()]
    units += [({player: 8.0}, -1.0, sign) for player in (4, 5, 6, 7) for sign in (1.0, -1.0)]

    def draw(rng: Generator) -> NDArray[np.float64]:
        means = np.round(_anything(rng) * 64) / 64
        means[[1, 11, 15]] = means[[0, 10, 14]]
        return means

    def forms(means: Tensor) -> Forms:
        each = _spread(weights, means)
        return additive(each * means, each.expand_as(means))

    return Analytic(lambda: made.on_patches(*made.of_units(units, 0.25)), draw, forms, _ADDITIVE, flat=True)


def _gaussian(rng: Generator) -> NDArray[np.float64]:
    """A standard Gaussian for every patch, within four deviations and off the ramps."""
    means = np.empty(PLAYERS)
    for player in range(PLAYERS):
        while True:
            means[player] = (rng.normal() + 4) / 8
            if 0 < means[player] < 1 and not any(part.on_a_ramp(means[player]) for part in PIECEWISE):
                break
    return means


def _product() -> Analytic:
    pairs = ((0, 5, 4.0), (3, 6, -3.0), (9, 14, 2.0))
    return Analytic(
        lambda: made.on_patches(made.Products(pairs)), _anything, lambda means: products(means, pairs), _EVERYTHING
    )


def _extreme(largest_of: bool, players: tuple[int, ...]) -> Analytic:
    forms = largest if largest_of else smallest
    return Analytic(
        lambda: made.on_patches(made.Extreme(players, largest=largest_of)),
        _anything,
        lambda means: forms(means, players),
        _TOGETHER,
    )


def _either() -> Analytic:
    players = (0, 3, 10, 13)

    def draw(rng: Generator) -> NDArray[np.float64]:
        on = rng.random(PLAYERS) < 0.5
        on[rng.permutation(players)[:2]] = True
        return on.astype(np.float64)

    head = ([(dict.fromkeys(players, -2.0), 1.0, -1.0)], 1.0)  # 1 - ReLU(1 - 2 Σ m)
    return Analytic(
        lambda: made.on_patches(*made.of_units(*head)),
        draw,
        lambda means: any_one(means, players),
        _EVERYTHING,
        flat=True,
    )


def _both() -> Analytic:
    players = (1, 4, 14)

    def draw(rng: Generator) -> NDArray[np.float64]:
        on = rng.random(PLAYERS) < 0.5
        on[list(players)] = True
        return on.astype(np.float64)

    head = [(dict.fromkeys(players, 1.0), 0.5 - len(players), 2.0)]
    return Analytic(
        lambda: made.on_patches(*made.of_units(head)),
        draw,
        lambda means: every_one(means, players),
        _EVERYTHING,
        flat=True,
    )


def _spread(weights: Mapping[int, float], like: Tensor) -> Tensor:
    """(1,16)"""
    each = like.new_zeros(1, PLAYERS)
    for player, weight in weights.items():
        each[0, player] = weight
    return each


_SATURATED = {player: (weight, Saturating()) for player, weight in {1: 2.0, 2: -1.0, 7: 1.5, 8: -0.5, 13: 1.0}.items()}
_SHATTERED = {player: (weight, Sawtooth()) for player, weight in {0: 1.0, 5: -1.5, 6: 0.5, 11: 2.0, 12: -0.75}.items()}
_PIECEWISE = {4: (1.0, PIECEWISE[0]), 9: (1.0, PIECEWISE[1]), 11: (1.0, PIECEWISE[2])}

CATALOGUE: dict[str, Analytic] = {
    "linear": _linear(),
    "saturated-relu": _of_curves(_SATURATED, _anything),
    "cancelling-terms": _cancelling(),
    "shattered-gradients": _of_curves(_SHATTERED, _anything),
    "piecewise-gaussian": _of_curves(_PIECEWISE, _gaussian),
    "product": _product(),
    "max": _extreme(True, (1, 6, 11, 12)),
    "min": _extreme(False, (2, 7, 8, 13)),
    "or-of-patches": _either(),
    "and-of-patches": _both(),
}
"""Name -> truth."""
