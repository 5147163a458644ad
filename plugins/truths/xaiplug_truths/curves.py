"""Curves of one patch mean m in [0,1], 0 at 0: their values and slopes, and the same made of ReLUs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from xaiplug_truths.networks import Unit, bends


@dataclass(frozen=True)
class Saturating:
    """min(1, m · rise): flat from 1/rise on."""

    rise: float = 4.0

    def value(self, means: Tensor) -> Tensor:
        return (self.rise * means).clamp(max=1)

    def slope(self, means: Tensor) -> Tensor:
        return self.rise * (means < 1 / self.rise).to(means)

    def units(self, player: int) -> list[Unit]:
        return bends(player, [0.0, 1 / self.rise], [self.rise, 0.0])


@dataclass(frozen=True)
class Sawtooth:
    """m plus `teeth` teeth of height 1/8: the slope is 1 ± teeth/4, by turns (Balduzzi et al., 2017, on shattering)."""

    teeth: int = 32

    def value(self, means: Tensor) -> Tensor:
        return means + (1 - (2 * (self.teeth * means % 1) - 1).abs()) / 8

    def slope(self, means: Tensor) -> Tensor:
        rising = self.teeth * means % 1 < 0.5
        return 1 + torch.where(rising, 1.0, -1.0).to(means) * self.teeth / 4

    def units(self, player: int) -> list[Unit]:
        edges = [half / (2 * self.teeth) for half in range(2 * self.teeth)]
        return bends(player, edges, [1 + (1 if half % 2 == 0 else -1) * self.teeth / 4 for half in range(len(edges))])


@dataclass(frozen=True)
class Steps:
    """Flat but for jumps, each a ramp of width 1/256 that begins at its edge; 0 before the first.

    Args:
        edges: where it jumps, rising, further than a ramp apart.
        levels: what it is after each.
    """

    edges: tuple[float, ...]
    levels: tuple[float, ...]
    ramp: float = 1 / 256

    def value(self, means: Tensor) -> Tensor:
        after = torch.bucketize(means, torch.tensor(self.edges, dtype=means.dtype))
        return torch.tensor((0.0, *self.levels), dtype=means.dtype)[after]

    def slope(self, means: Tensor) -> Tensor:
        return torch.zeros_like(means)

    def units(self, player: int) -> list[Unit]:
        jumps = [new - old for old, new in zip((0.0, *self.levels), self.levels, strict=False)]
        edges = [place for edge in self.edges for place in (edge, edge + self.ramp)]
        return bends(player, edges, [slope for jump in jumps for slope in (jump / self.ramp, 0.0)])

    def on_a_ramp(self, mean: float, margin: float = 1 / 1024) -> bool:
        """Whether a mean is on a ramp, or nearly."""
        return any(edge - margin < mean < edge + self.ramp + margin for edge in self.edges)


def gaussian(edges: Sequence[float], levels: Sequence[float]) -> Steps:
    """Steps of a standard Gaussian z = 8 m - 4, which fills [0,1]; `levels` has one more, for what is below all edges.

    Edges are rounded to 1/65536, so that float32 has them too.
    """
    places = [round((edge + 4) / 8 * 65536) / 65536 for edge in edges]
    return Steps(tuple(places), tuple(level - levels[0] for level in levels[1:]))


def of_cosine() -> Steps:
    """floor(2 cos πz) for -4 < z < 4: between crests, at even z, it is 1, 0, -1, -2, -1, 0, 1."""
    edges, levels = [], [1.0]
    for trough in (-3, -1, 1, 3):
        edges += [trough + away for away in (-2 / 3, -1 / 2, -1 / 3, 1 / 3, 1 / 2, 2 / 3)]
        levels += [0.0, -1.0, -2.0, -1.0, 0.0, 1.0]
    return gaussian(edges, levels)


PIECEWISE = (
    gaussian([0.0], [-1.0, 1.0]),
    gaussian([-0.5, 0.0, 0.5], [-2.0, -1.0, 1.0, 2.0]),
    of_cosine(),
)
"""The parts of XAI-BENCH's piecewise function (Liu et al., 2021): sign, four steps, floor(2 cos πz)."""
