"""Coloured shapes and textures: the embedded stand-in for CIFAR-10."""

from collections.abc import Callable
from functools import cache
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from xaiplug_trainers.sources.base import Images, Part, Source

__all__ = ["Shapes"]

_SIZE = 32
_COUNTS = {"train": 6000, "test": 1000}

Mask = NDArray[np.bool_]
Grid = NDArray[np.float64]
# Every class is a figure in coordinates (u,v), turned and scaled so that the object is about one unit wide.
_FIGURES: dict[str, Callable[[Grid, Grid], Mask]] = {
    "disc": lambda u, v: np.hypot(u, v) < 0.9,
    "square": lambda u, v: np.maximum(abs(u), abs(v)) < 0.8,
    "triangle": lambda u, v: (v < 0.7) & (v > 1.8 * abs(u) - 0.9),
    "ring": lambda u, v: (np.hypot(u, v) < 1.0) & (np.hypot(u, v) > 0.55),
    "cross": lambda u, v: (np.minimum(abs(u), abs(v)) < 0.28) & (np.maximum(abs(u), abs(v)) < 1.0),
    "bar": lambda u, v: (abs(u) < 1.1) & (abs(v) < 0.35),
    "stripes": lambda u, _: np.sin(5.5 * u) > 0,
    "checks": lambda u, v: np.sin(4.5 * u) * np.sin(4.5 * v) > 0,
    "dots": lambda u, v: np.hypot((u % 0.9) - 0.45, (v % 0.9) - 0.45) < 0.28,
    "waves": lambda u, v: np.sin(5.5 * u + 1.6 * np.sin(3.5 * v)) > 0,
}


class Shapes(Source):
    """Ten classes of 32x32 images, drawn by a rule: six shapes on a ground, four textures that fill the image.

    Colours, place, size, angle and noise are random and say nothing about the class.
    """

    name: ClassVar[str] = "shapes"
    channels: ClassVar[int] = 3
    size: ClassVar[int] = _SIZE
    class_names: ClassVar[tuple[str, ...]] = tuple(_FIGURES)
    mean: ClassVar[tuple[float, ...] | None] = (0.5, 0.5, 0.5)
    std: ClassVar[tuple[float, ...] | None] = (0.25, 0.25, 0.25)

    def images(self, part: Part) -> Images:
        return _drawn(part)

    def identity(self) -> str:
        return "shapes-1"


@cache
def _drawn(part: Part) -> Images:
    rng = np.random.default_rng([2024, part == "test"])
    labels = rng.permutation(np.arange(_COUNTS[part], dtype=np.int64) % len(_FIGURES))
    return Images(np.stack([_draw(int(label), rng) for label in labels]), labels, np.arange(len(labels)))


def _draw(label: int, rng: np.random.Generator) -> NDArray[np.uint8]:
    """One image (3,32,32) of a class."""
    rows, columns = np.mgrid[0:_SIZE, 0:_SIZE].astype(np.float64)
    centre = rng.uniform(11, _SIZE - 12, 2)
    scale, angle = rng.uniform(6, 11), rng.uniform(0, 2 * np.pi)
    x, y = (columns - centre[0]) / scale, (rows - centre[1]) / scale
    u, v = x * np.cos(angle) + y * np.sin(angle), y * np.cos(angle) - x * np.sin(angle)
    figure = list(_FIGURES.values())[label](u, v)
    ground, paint = _two_colours(rng)
    image = np.where(figure, paint[:, None, None], ground[:, None, None])
    image += rng.normal(0, rng.uniform(0.02, 0.12), image.shape)
    pixels: NDArray[np.uint8] = np.clip(image * 255, 0, 255).round().astype(np.uint8)
    return pixels


def _two_colours(rng: np.random.Generator) -> tuple[Grid, Grid]:
    """Two colours (3,) in [0,1] that differ by at least 0.35."""
    while True:
        ground, paint = rng.uniform(0, 1, (2, 3))
        if np.abs(ground - paint).max() >= 0.35:
            return ground, paint
