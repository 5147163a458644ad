"""What an image processor does to colours: found by showing it plain ones, not by the names of its settings."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from xaiplug.errors import ModelError

_CLOSE = 1e-5


@dataclass(frozen=True)
class Prepared:
    """(x - mean) / std of pixels in [0,1], per channel of the image; in the order blue, green, red if `blue_first`.

    `size` is the height and width that come out; None = unknown.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]
    blue_first: bool
    size: tuple[int, int] | None


def prepared(processor: Any, name: str) -> Prepared:
    """What a processor does, by its answers to black, white, red and grey.

    Raises:
        ModelError: it is no straight line per channel, or mixes channels.
    """
    black, white = _shown(processor, (0, 0, 0)), _shown(processor, (255, 255, 255))
    red, grey = _shown(processor, (255, 0, 0)), _shown(processor, (51, 51, 51))
    if black.shape[0] != 3:
        raise ModelError(f"hf:{name}: its image processor makes {black.shape[0]} channels of red, green and blue")
    middle = (slice(None), black.shape[1] // 2, black.shape[2] // 2)
    low, high = black[middle].astype(np.float64), white[middle].astype(np.float64)
    scale = high - low
    straight = np.allclose(grey[middle], low + 0.2 * scale, atol=_CLOSE * np.abs(scale).max())
    lit = np.abs(red[middle] - low) > 0.5 * np.abs(scale)
    if not straight or (scale <= 0).any() or lit.tolist() not in ([True, False, False], [False, False, True]):
        raise ModelError(
            f"hf:{name}: what its image processor does to colours is no mean and std per channel; give mean= and std="
        )
    blue_first = bool(lit[2])
    order = slice(None, None, -1 if blue_first else 1)
    mean, std = (-low / scale)[order], (1 / scale)[order]
    published = (getattr(processor, "image_mean", None), getattr(processor, "image_std", None))
    return Prepared(_said(mean, published[0]), _said(std, published[1]), blue_first, black.shape[1:])


def _shown(processor: Any, colour: tuple[int, int, int]) -> np.ndarray:
    """(C,h,w) of a plain image."""
    made = processor(Image.new("RGB", (64, 64), colour), return_tensors="np")["pixel_values"]
    return np.asarray(made)[0]


def _said(found: np.ndarray, published: Any) -> tuple[float, ...]:
    """The published numbers where they are what was found; else what was found."""
    try:
        said = np.broadcast_to(np.asarray(published, dtype=np.float64), found.shape)
    except (TypeError, ValueError):
        said = found
    return tuple(float(v) for v in (said if np.allclose(said, found, rtol=_CLOSE, atol=_CLOSE) else found))
