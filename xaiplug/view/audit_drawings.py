"""Drawings of an audit: how alike rankings are, and which methods change places."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from markupsafe import Markup

from xaiplug.view.colours import SIGNED_STOPS, series
from xaiplug.view.numbers import number

_CELL, _COLUMN, _ROW = 22, 34, 26
_NAMED = 34
"""Pixels of a heat map's row numbers."""

Taus = Sequence[Sequence[float | None]]


def heat_map(names: Sequence[str], taus: Taus) -> Markup:
    """Tau of every two rankings, blue for opposite and red for equal ones; rows and columns are numbered from 1."""
    side = _NAMED + _CELL * len(names)
    parts = [
        Markup('<svg class="taus" viewBox="0 0 {0} {0}" width="{0}" role="img" aria-label="{1}">').format(
            side, f"Kendall's tau between {len(names)} rankings"
        )
    ]
    at = [_NAMED + _CELL * place for place in range(len(names))]
    text = Markup('<text class="{}" x="{}" y="{}" dy="4">{}</text>')
    for place, start in enumerate(at):
        parts.append(text.format("end", _NAMED - 6, start + _CELL / 2, place + 1))
        parts.append(text.format("middle", start + _CELL / 2, _NAMED - 12, place + 1))
    cell = Markup('<rect x="{}" y="{}" width="{s}" height="{s}" fill="{}"><title>{}</title></rect>')
    for y, row in enumerate(taus):
        for x, tau in enumerate(row):
            told = f"{names[y]} · {names[x]}: {number(tau, 2)}"
            parts.append(cell.format(at[x], at[y], _colour(tau), told, s=_CELL - 1))
    return Markup("").join([*parts, Markup("</svg>")])


def flip_graph(names: Sequence[str], ranks: Mapping[str, Sequence[float | None]]) -> Markup:
    """The rank of every method, best on top, under one choice after the other; lines that cross are flips."""
    left, top = 16, 16
    width, height = left * 2 + _COLUMN * max(len(names) - 1, 1), top * 2 + _ROW * max(len(ranks) - 1, 1) + 18
    label = f"Ranks of {', '.join(ranks)} under {len(names)} choices"
    parts = [
        Markup('<svg class="flips" viewBox="0 0 {} {}" width="{}" role="img" aria-label="{}">').format(
            width, height, width, label
        )
    ]
    number_at = Markup('<text class="middle" x="{}" y="{}">{}</text>')
    for place in range(len(names)):
        parts.append(number_at.format(left + _COLUMN * place, height - 4, place + 1))
    for order, (method, places) in enumerate(ranks.items()):
        colour, dashes = series(order)
        known = [(place, rank) for place, rank in enumerate(places) if rank is not None and math.isfinite(rank)]
        spots = [(left + _COLUMN * place, top + _ROW * (rank - 1)) for place, rank in known]
        points = " ".join(f"{x:g},{y:g}" for x, y in spots)
        line = Markup('<polyline points="{}" stroke="{}" stroke-dasharray="{}"><title>{}</title></polyline>')
        parts.append(line.format(points, colour, dashes, method))
        dot = Markup('<circle cx="{:g}" cy="{:g}" r="4" fill="{}"><title>{}</title></circle>')
        for (x, y), (place, rank) in zip(spots, known, strict=True):
            parts.append(dot.format(x, y, colour, f"{method}, {names[place]}: rank {rank:g}"))
    return Markup("").join([*parts, Markup("</svg>")])


def _colour(tau: float | None) -> str:
    if tau is None:
        return "#bbbbbb"
    last = len(SIGNED_STOPS) - 1
    return SIGNED_STOPS[min(max(round((tau + 1) / 2 * last), 0), last)]
