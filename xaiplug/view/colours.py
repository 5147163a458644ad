"""The colours of every figure, safe for colour-blind eyes: a signed scale with a white zero, a hue per explainer."""

from __future__ import annotations

from functools import cache

import numpy as np
from matplotlib.colors import Colormap, LinearSegmentedColormap

SIGNED_STOPS = (
    *("#053061", "#2166ac", "#4393c3", "#92c5de", "#d1e5f0"),
    "#ffffff",
    *("#fddbc7", "#f4a582", "#d6604d", "#b2182b", "#67001f"),
)
"""From lowers the score (blue) over nothing (white) to raises it (red): ColorBrewer's RdBu with a white middle."""

NEGATIVE, POSITIVE = "#2166ac", "#b2182b"

SERIES = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#8c6bb1", "#7f7f7f")
"""Okabe and Ito's hues without the two that vanish on white or black, and two more; then again, dashed."""

DASHES = ("", "6 3", "2 2", "8 3 2 3")


@cache
def signed_map() -> Colormap:
    """The signed scale as a matplotlib colour map; undefined is grey."""
    colours = LinearSegmentedColormap.from_list("xaiplug-signed", list(SIGNED_STOPS), N=255)
    return colours.with_extremes(bad="#bbbbbb")


@cache
def signed_palette() -> tuple[int, ...]:
    """The signed scale as 255 RGB bytes triples, zero in the middle (127)."""
    return tuple(int(part) for part in (signed_map()(np.arange(255))[:, :3] * 255).round().astype(int).ravel())


def series(place: int) -> tuple[str, str]:
    """Colour and dash pattern of the explainer at `place`."""
    return SERIES[place % len(SERIES)], DASHES[place // len(SERIES) % len(DASHES)]
