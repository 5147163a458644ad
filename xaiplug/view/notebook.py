"""What a notebook shows of an explanation: HTML that needs nothing else and styles nothing else."""

from __future__ import annotations

import math

from markupsafe import Markup
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.view.gallery import drawn_input, drawn_map
from xaiplug.view.numbers import duration, memory, short, whole
from xaiplug.view.sheet import class_label
from xaiplug.view.slices import in_slices
from xaiplug.view.transforms import display_map, signed_limit

SHOWN = 6
"""Samples at most."""

_STYLE = Markup(
    "<style>.xaiplug{font:13px/1.4 system-ui,sans-serif}.xaiplug table{border-collapse:collapse}"
    ".xaiplug th,.xaiplug td{padding:6px 10px;text-align:left;vertical-align:top}"
    ".xaiplug .tile{position:relative;display:inline-block}.xaiplug .tile svg{position:absolute;inset:0}"
    ".xaiplug .crisp{image-rendering:pixelated}.xaiplug img{display:block;max-width:none;margin:0}"
    ".xaiplug path{fill:none;vector-effect:non-scaling-stroke}.xaiplug .halo{stroke:#fff;stroke-width:3.4px}"
    ".xaiplug .raises{stroke:#b2182b;stroke-width:1.8px}.xaiplug .lowers{stroke:#2166ac;stroke-width:1.8px}"
    ".xaiplug .rank{font-weight:700;text-anchor:middle;paint-order:stroke;stroke:#fff;stroke-width:3px}</style>"
)


def explanation_html(explanation: Explanation) -> str:
    """Of each of the first samples the picture, the map, and the numbers; below, what it cost."""
    count = min(len(explanation), SHOWN)
    cut = in_slices({"": explanation}, explanation.inputs)
    explanation, inputs = cut.explanations[""], cut.inputs
    images = None if inputs is None or inputs.ndim != 4 else inputs.detach().cpu()
    maps = display_map(explanation, None if inputs is None else tuple(inputs.shape[1:]))[:count].double()
    limits = signed_limit(maps)
    shape = maps.shape if images is None else images.shape
    size = (int(shape[-2]), int(shape[-1])) if maps.ndim == 3 else (0, 0)
    rows = Markup("").join(
        Markup("<tr><td>{}</td><td>{}<small>±{}</small></td><td>{}</td></tr>").format(
            "" if images is None else drawn_input(images[row]),
            drawn_map(explanation, row, maps[row], float(limits[row]), size),
            short(float(limits[row])),
            _numbers(explanation, row, cut.notes[row]),
        )
        for row in range(count)
    )
    left = len(explanation) - count
    more = Markup("<p>{} more not shown.</p>").format(left) if left else ""
    page = Markup('<div class="xaiplug">{}<p><b>{}</b> {}</p><table>{}</table>{}</div>')
    return str(page.format(_STYLE, explanation.method or "Explanation", _cost(explanation), rows, more))


def _numbers(explanation: Explanation, row: int, note: str) -> Markup:
    lines = [("picture", note)] if note else []
    if explanation.target is not None:
        lines.append(("target", class_label(int(explanation.target.index[row]), explanation.class_names)))
    scale = "" if explanation.target is None else f" ({explanation.target.scale})"
    for name, values in (
        (f"score{scale}", explanation.score),
        ("score of absence", explanation.base_score),
        ("residual", explanation.residual),
    ):
        if values is not None:
            lines.append((name, _told(values, row)))
    return Markup("<br>").join(Markup("{}: <b>{}</b>").format(*line) for line in lines)


def _told(values: Tensor, row: int) -> str:
    return short(float(values[row]))


def _cost(explanation: Explanation) -> str:
    meta = explanation.meta
    parts = [f"{whole(meta[name])} {name}" for name in ("forwards", "backwards") if meta.get(name)]
    seconds, peak = meta.get("seconds", math.nan), meta.get("peak_bytes", math.nan)
    parts += [duration(seconds)] if math.isfinite(seconds) else []
    parts += [f"peak {memory(peak)}"] if peak and math.isfinite(peak) else []
    return " · ".join(parts)
