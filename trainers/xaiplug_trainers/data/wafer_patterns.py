"""The nine patterns of WM-811K, drawn by a rule."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

__all__ = ["PATTERNS", "drawn"]

Grid = NDArray[np.float64]
Mask = NDArray[np.bool_]
Draw = Callable[[np.random.Generator, Grid, Grid], Mask]
"""Region of a pattern, from polar coordinates (S,S): radius (1 = the wafer's edge) and angle."""


def _centre(rng: np.random.Generator, radius: Grid, angle: Grid) -> Mask:
    u, v = _moved(radius, angle, rng.uniform(0, 0.1), rng.uniform(0, 2 * np.pi))
    blob: Mask = np.hypot(u, v * rng.uniform(0.8, 1.25)) < rng.uniform(0.25, 0.42)
    return blob


def _donut(rng: np.random.Generator, radius: Grid, angle: Grid) -> Mask:
    u, v = _moved(radius, angle, rng.uniform(0, 0.12), rng.uniform(0, 2 * np.pi))
    inner = rng.uniform(0.25, 0.38)
    away = np.hypot(u, v)
    return (away > inner) & (away < inner + rng.uniform(0.2, 0.3))


def _edge_loc(rng: np.random.Generator, radius: Grid, angle: Grid) -> Mask:
    width = rng.uniform(0.5, 1.4)
    return (radius > rng.uniform(0.72, 0.84)) & _within(angle, rng.uniform(0, 2 * np.pi), width)


def _edge_ring(rng: np.random.Generator, radius: Grid, angle: Grid) -> Mask:
    gap = rng.uniform(0, 0.5)
    return (radius > rng.uniform(0.8, 0.9)) & ~_within(angle, rng.uniform(0, 2 * np.pi), gap)


def _loc(rng: np.random.Generator, radius: Grid, angle: Grid) -> Mask:
    u, v = _moved(radius, angle, rng.uniform(0.42, 0.58), rng.uniform(0, 2 * np.pi))
    turn, side = rng.uniform(0, np.pi), rng.uniform(0.18, 0.28)
    along, across = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    blob: Mask = np.hypot(along, across * rng.uniform(1, 1.3)) < side
    return blob


def _near_full(_: np.random.Generator, radius: Grid, __: Grid) -> Mask:
    return np.ones_like(radius, dtype=bool)


def _nowhere(_: np.random.Generator, radius: Grid, __: Grid) -> Mask:
    return np.zeros_like(radius, dtype=bool)


def _scratch(rng: np.random.Generator, radius: Grid, angle: Grid) -> Mask:
    u, v = _moved(radius, angle, rng.uniform(0, 0.45), rng.uniform(0, 2 * np.pi))
    turn, bend, half = rng.uniform(0, np.pi), rng.uniform(-0.6, 0.6), rng.uniform(0.45, 0.7)
    along, across = u * np.cos(turn) + v * np.sin(turn), v * np.cos(turn) - u * np.sin(turn)
    line: Mask = (abs(across - bend * (along**2 - half**2 / 3)) < rng.uniform(0.03, 0.045)) & (abs(along) < half)
    return line


# name -> region, least and largest share of failing dies inside it, and on the rest of the wafer
PATTERNS: dict[str, tuple[Draw, tuple[float, float], tuple[float, float]]] = {
    "center": (_centre, (0.65, 0.95), (0.02, 0.08)),
    "donut": (_donut, (0.65, 0.95), (0.02, 0.08)),
    "edge-loc": (_edge_loc, (0.65, 0.95), (0.02, 0.08)),
    "edge-ring": (_edge_ring, (0.65, 0.95), (0.02, 0.08)),
    "loc": (_loc, (0.65, 0.95), (0.02, 0.08)),
    "near-full": (_near_full, (0.8, 0.97), (0.0, 0.0)),
    "random": (_nowhere, (0.0, 0.0), (0.25, 0.45)),
    "scratch": (_scratch, (0.85, 1.0), (0.02, 0.08)),
    "none": (_nowhere, (0.0, 0.0), (0.02, 0.08)),
}


def drawn(label: int, size: int, rng: np.random.Generator) -> tuple[NDArray[np.uint8], Mask]:
    """A map (size,size) of 0 (off the wafer), 1 (a die that passes) and 2 (one that fails), and the pattern's region.

    The region is that on the wafer; empty for `random` and `none`, which are nowhere in particular.
    """
    radius, angle = _polar(size)
    wafer = radius <= 1
    region_of, inside, outside = list(PATTERNS.values())[label]
    region = region_of(rng, radius, angle) & wafer
    chance = np.where(region, rng.uniform(*inside), rng.uniform(*outside))
    fails = rng.random((size, size)) < chance
    return np.where(wafer, 1 + fails, 0).astype(np.uint8), region


def _polar(size: int) -> tuple[Grid, Grid]:
    place = (np.arange(size) - (size - 1) / 2) / (size / 2 - 1)
    rows, columns = np.meshgrid(place, place, indexing="ij")
    return np.hypot(rows, columns), np.arctan2(rows, columns) % (2 * np.pi)


def _moved(radius: Grid, angle: Grid, away: float, towards: float) -> tuple[Grid, Grid]:
    """Rectangular coordinates around a point that is `away` from the middle."""
    return (
        radius * np.cos(angle) - away * np.cos(towards),
        radius * np.sin(angle) - away * np.sin(towards),
    )


def _within(angle: Grid, middle: float, width: float) -> Mask:
    return abs((angle - middle + np.pi) % (2 * np.pi) - np.pi) < width / 2
