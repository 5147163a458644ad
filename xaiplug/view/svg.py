"""Small drawings inside the page: vector, no script, colours from the page's style sheet where they must follow it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from markupsafe import Markup
from matplotlib.ticker import MaxNLocator

from xaiplug.view.bootstrap import Floats
from xaiplug.view.colours import NEGATIVE, POSITIVE, SIGNED_STOPS
from xaiplug.view.curves import Chart, Line
from xaiplug.view.numbers import short
from xaiplug.view.transforms import Segment

_WIDTH, _HEIGHT = 380, 236
_RIGHT, _TOP, _BOTTOM = 10, 10, 34
_LETTER = 6.2
"""Width of a digit of the axes, in the units of the drawing."""
_BANDED = 4
"""Lines of a chart whose bands are drawn; of more they are one grey lump, and show when one is pointed at."""


def whisker(mean: float, low: float, high: float, extent: tuple[float, float]) -> Markup:
    """A dot at `mean` with a whisker from `low` to `high`, on an axis that all cells of a column share."""
    if not math.isfinite(mean):
        return Markup("")

    def at(value: float) -> str:
        span = extent[1] - extent[0]
        return f"{100 * ((value - extent[0]) / span if span else 0.5):.1f}%"

    zero = Markup('<line class="zero" x1="{0}" x2="{0}" y1="0" y2="12"/>').format(at(0))
    line = Markup('<line class="span" x1="{}" x2="{}" y1="6" y2="6"/>').format(at(low), at(high))
    return (
        Markup('<svg class="whisker" height="12" aria-hidden="true"><line class="rail" x2="100%" y1="6" y2="6"/>')
        + (zero if extent[0] < 0 < extent[1] else "")
        + (line if math.isfinite(low) and math.isfinite(high) else "")
        + Markup('<circle cx="{}" cy="6" r="3.2"/></svg>').format(at(mean))
    )


def chart(found: Chart, looks: Mapping[str, tuple[str, str]]) -> Markup:
    """Mean curves with their bands; `looks` gives colour and dashes by explainer."""
    ends = [values for line in found.lines for values in (line.low, line.high, line.mean)]
    y_at, y_ticks = _axis(ends, _HEIGHT - _BOTTOM, _TOP)
    left = 10 + _LETTER * max((len(short(tick)) for tick in y_ticks), default=1)
    x_at, x_ticks = _axis([line.steps for line in found.lines], left, _WIDTH - _RIGHT, tight=True)
    label = f"{found.metric}: mean curves of {', '.join(line.explainer for line in found.lines)}"
    crowded = " crowded" if len(found.lines) > _BANDED else ""
    parts = [
        Markup('<svg class="chart{}" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            crowded, _WIDTH, _HEIGHT, label
        )
    ]
    grid = Markup(
        '<line class="grid" x1="{}" x2="{}" y1="{y}" y2="{y}"/><text class="end" x="{}" y="{y}" dy="4">{}</text>'
    )
    for tick in y_ticks:
        parts.append(grid.format(f"{left:.1f}", _WIDTH - _RIGHT, f"{left - 6:.1f}", short(tick), y=y_at(tick)))
    below = Markup('<text class="middle" x="{}" y="{}">{}</text>')
    parts.extend(below.format(x_at(tick), _HEIGHT - _BOTTOM + 15, short(tick)) for tick in x_ticks)
    parts.append(below.format(f"{(left + _WIDTH - _RIGHT) / 2:.1f}", _HEIGHT - 3, "step"))
    parts.extend(_line(line, looks[line.explainer], x_at, y_at) for line in found.lines)
    return Markup("").join([*parts, Markup("</svg>")])


def _line(line: Line, look: tuple[str, str], x_at: Callable[[float], str], y_at: Callable[[float], str]) -> Markup:
    """A mean with its band, and the numbers of each point for whoever points at it."""
    colour, dashes = look
    upper, lower = _points(line.steps, line.high, x_at, y_at), _points(line.steps, line.low, x_at, y_at)
    band = Markup("")
    if upper:
        area = " ".join([*upper, *reversed(lower)])
        band = Markup('<polygon class="band" points="{}" fill="{}"/>').format(area, colour)
    shape = Markup('<polyline points="{}" stroke="{}" stroke-dasharray="{}"><title>{}</title></polyline>')
    drawn = shape.format(" ".join(_points(line.steps, line.mean, x_at, y_at)), colour, dashes, line.explainer)
    told = ";".join(
        f"{short(step)}|{short(mean)}|{short(low)} to {short(high)}"
        for step, mean, low, high in zip(line.steps, line.mean, line.low, line.high, strict=True)
        if math.isfinite(mean)
    )
    group = Markup('<g class="line" data-name="{}" data-told="{}">{}{}</g>')
    return group.format(line.explainer, told, band, drawn)


def swatch(colour: str, dashes: str) -> Markup:
    """The legend's piece of line."""
    drawn = Markup('<line x1="0" x2="20" y1="5" y2="5" stroke="{}" stroke-dasharray="{}"/>').format(colour, dashes)
    return Markup('<svg class="swatch" viewBox="0 0 20 10" width="20" height="10" aria-hidden="true">{}</svg>').format(
        drawn
    )


def outlines(segments: Iterable[Segment], kind: str) -> Markup:
    """A mask's boundary, dark (or the sign's colour) on a light halo so that it shows on anything."""
    path = "".join(f"M{x0:g} {y0:g}L{x1:g} {y1:g}" for x0, y0, x1, y1 in segments)
    if not path:
        return Markup("")
    return Markup('<path class="halo" d="{0}"/><path class="{1}" d="{0}"/>').format(path, kind)


def bars(values: Sequence[float], limit: float) -> Markup:
    """Signed horizontal bars, one a feature, for what is no image."""
    step, half = 8, 56
    rows = []
    for place, value in enumerate(values):
        length = half * min(max(value / limit if limit else 0.0, -1.0), 1.0) if math.isfinite(value) else 0.0
        start = half + min(length, 0.0)
        colour = POSITIVE if length >= 0 else NEGATIVE
        rows.append(
            Markup('<rect x="{:.1f}" y="{}" width="{:.1f}" height="{}" fill="{}"/>').format(
                start, place * step + 1, abs(length), step - 2, colour
            )
        )
    height = max(len(values), 1) * step
    axis = Markup('<line class="zero" x1="{0}" x2="{0}" y1="0" y2="{1}"/>').format(half, height)
    head = Markup('<svg class="bars" viewBox="0 0 {0} {1}" width="{0}" height="{1}" aria-hidden="true">')
    return head.format(2 * half, height) + Markup("").join(rows) + axis + Markup("</svg>")


def colour_bar() -> Markup:
    """The signed scale, from lowers to raises."""
    share = 100 / (len(SIGNED_STOPS) - 1)
    stops = Markup("").join(
        Markup('<stop offset="{:.0f}%" stop-color="{}"/>').format(place * share, colour)
        for place, colour in enumerate(SIGNED_STOPS)
    )
    return (
        Markup(
            '<svg class="colour-bar" viewBox="0 0 220 12" height="12" preserveAspectRatio="none" aria-hidden="true">'
        )
        + Markup('<defs><linearGradient id="signed">{}</linearGradient></defs>').format(stops)
        + Markup('<rect width="220" height="12" rx="2" fill="url(#signed)"/></svg>')
    )


def _axis(
    values: Sequence[Floats], start: float, stop: float, tight: bool = False
) -> tuple[Callable[[float], str], list[float]]:
    flat = np.concatenate(values)
    flat = flat[np.isfinite(flat)]
    low, high = float(flat.min()), float(flat.max())
    if low == high:
        low, high = low - 0.5, high + 0.5
    ticks = [float(tick) for tick in MaxNLocator(5, steps=[1, 2, 2.5, 5, 10]).tick_values(low, high)]
    if not tight:
        low, high = ticks[0], ticks[-1]

    def at(value: float) -> str:
        return f"{start + (stop - start) * (value - low) / (high - low):.1f}"

    slack = 1e-9 * (high - low)
    return at, [tick for tick in ticks if low - slack <= tick <= high + slack]


def _points(x: Floats, y: Floats, x_at: Callable[[float], str], y_at: Callable[[float], str]) -> list[str]:
    return [f"{x_at(a)},{y_at(b)}" for a, b in zip(x.tolist(), y.tolist(), strict=True) if math.isfinite(b)]
