"""Figures for a notebook: explanations over their inputs, and metric curves. Nothing touches pyplot's global state."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.data.study import Curve
from xaiplug.errors import ShapeError
from xaiplug.view.colours import NEGATIVE, POSITIVE, series, signed_map
from xaiplug.view.curves import charts
from xaiplug.view.numbers import short
from xaiplug.view.transforms import (
    display_map,
    labels_apart,
    outline,
    rank_map,
    scaled,
    set_masks,
    signed_limit,
    upsample,
)

BARS = 24
"""Bars of one sample at most; the strongest are shown."""

_CELL = 2.3
_TRUTH = "#111111"
Draw = Callable[[Axes, int], None]


class Drawing(Figure):
    """A figure that a notebook shows by itself."""

    def _repr_png_(self) -> bytes:
        stream = io.BytesIO()
        self.savefig(stream, format="png", bbox_inches="tight")
        return stream.getvalue()


def plot_explanation(
    explanation: Explanation,
    inputs: Tensor | None = None,
    *,
    samples: int = 4,
    relevant: Tensor | None = None,
    class_names: Sequence[str] | None = None,
    feature_names: Sequence[str] | None = None,
) -> Figure:
    """Draw the first `samples` explanations, a row each: the input, the signed attribution, sets, order of choice.

    Every map is drawn on one signed scale, from minus to plus the 99th percentile of its own magnitudes, which is
    written above it. Embeddings, rows and unplaced groups are drawn as bars.

    Args:
        inputs: (B,C,H,W) in pixel space, drawn beside the maps; or (B,L,D), (B,F).
        relevant: (B,H,W) bool, outlined.
        class_names: name of class k at k.
        feature_names: of the tokens or columns, for bars.

    Raises:
        ShapeError: inputs or relevant are for another number of samples.
    """
    for name, given in (("inputs", inputs), ("relevant", relevant)):
        if given is not None and len(given) != len(explanation):
            raise ShapeError(f"{name} has {len(given)} samples, the explanation {len(explanation)}")
    shape = None if inputs is None else tuple(inputs.shape[1:])
    maps = display_map(explanation, shape)
    count = min(samples, len(explanation))
    titles = [_title(explanation, row, class_names) for row in range(count)]
    if maps.ndim == 3:
        columns = _image_columns(explanation, maps, inputs, relevant)
        figure = _grid(columns, count, _CELL, _CELL)
        if count:
            _signed_bar(figure)
    else:
        bars = min(maps.shape[1], BARS)
        columns = [("attribution", lambda axes, row: _bars(axes, maps[row], feature_names))]
        figure = _grid(columns, count, 4.2, max(1.4, 0.22 * bars + 0.5))
    for row, title in enumerate(titles):
        figure.axes[row * len(columns)].set_ylabel(title, fontsize=8)
    return figure


def plot_curves(curves: Iterable[Curve]) -> Figure:
    """Draw metric curves: a chart per model, data set and metric; each explainer's mean and 95 % bootstrap band."""
    found = charts(curves)
    figure = Drawing(figsize=(4.6, 3.2 * max(1, len(found))), layout="constrained")
    names = list(dict.fromkeys(line.explainer for chart in found for line in chart.lines))
    for place, chart in enumerate(found, start=1):
        axes = figure.add_subplot(len(found), 1, place)
        axes.set_title(f"{chart.metric}: {chart.model} on {chart.data}", fontsize=9, loc="left")
        axes.spines[["top", "right"]].set_visible(False)
        for line in chart.lines:
            colour, dashes = series(names.index(line.explainer))
            style: Any = (0, tuple(map(float, dashes.split()))) if dashes else "-"
            axes.fill_between(line.steps, line.low, line.high, color=colour, alpha=0.15, linewidth=0)
            axes.plot(line.steps, line.mean, color=colour, linestyle=style, linewidth=1.6, label=line.explainer)
        axes.legend(frameon=False, fontsize=8)
        axes.tick_params(labelsize=8)
    return figure


def class_label(index: int, class_names: Sequence[str] | None) -> str:
    """The name of a class, or its number."""
    return class_names[index] if class_names is not None and 0 <= index < len(class_names) else f"class {index}"


def _grid(columns: Sequence[tuple[str, Draw]], count: int, width: float, height: float) -> Figure:
    figure = Drawing(
        figsize=(width * len(columns) + 0.6, height * max(count, 1) + 0.5), layout="constrained", facecolor="white"
    )
    for row in range(count):
        for column, (name, draw) in enumerate(columns):
            axes = figure.add_subplot(count, len(columns), row * len(columns) + column + 1)
            draw(axes, row)
            if row == 0:
                above = axes.get_title()
                axes.set_title(f"{name}\n{above}" if above else name, fontsize=8)
    return figure


def _title(explanation: Explanation, row: int, class_names: Sequence[str] | None) -> str:
    if explanation.target is None:
        return f"sample {row}"
    name = class_label(int(explanation.target.index[row]), class_names)
    score = "" if explanation.score is None else f"\n{explanation.target.scale} {short(float(explanation.score[row]))}"
    return name + score


def _image_columns(
    explanation: Explanation, maps: Tensor, inputs: Tensor | None, relevant: Tensor | None
) -> list[tuple[str, Draw]]:
    limits = signed_limit(maps)
    size = (maps.shape[1], maps.shape[2])
    images = inputs is not None and inputs.ndim == 4
    if images and inputs is not None:
        size = (inputs.shape[2], inputs.shape[3])
    shown = upsample(scaled(maps, limits), size)
    ranks = rank_map(explanation)

    def under(axes: Axes, row: int) -> None:
        assert inputs is not None
        _picture(axes, inputs[row])
        truth(axes, row)

    def truth(axes: Axes, row: int) -> None:
        if relevant is not None:
            _outlined(axes, relevant[row], _TRUTH)

    def attribution(axes: Axes, row: int) -> None:
        _frame(axes, size)
        axes.imshow(_array(shown[row]), cmap=signed_map(), vmin=-1, vmax=1, interpolation="nearest")
        axes.set_title(f"±{short(float(limits[row]))}", fontsize=8)
        truth(axes, row)

    def sets(axes: Axes, row: int) -> None:
        _background(axes, inputs[row] if images and inputs is not None else None, size)
        found = set_masks(explanation, row)
        for value, mask in reversed(found):
            _outlined(axes, mask, POSITIVE if value >= 0 else NEGATIVE)
        _written(axes, [mask for _, mask in found], [short(value) for value, _ in found])

    def order(axes: Axes, row: int) -> None:
        assert ranks is not None
        _background(axes, inputs[row] if images and inputs is not None else None, size)
        _ranked(axes, ranks[row])

    columns: list[tuple[str, Draw]] = [("input", under)] if images else []
    columns.append(("attribution", attribution))
    if explanation.sets is not None and explanation.sets.values.shape[1]:
        columns.append(("strongest sets", sets))
    if ranks is not None and ranks.ndim == 3:
        columns.append(("order of choice", order))
    return columns


def _picture(axes: Axes, image: Tensor, alpha: float = 1.0) -> None:
    values = _array(image.clamp(0, 1))
    _frame(axes, image.shape[-2:])
    if len(values) >= 3:
        axes.imshow(values[:3].transpose(1, 2, 0), interpolation="nearest", alpha=alpha)
    else:
        axes.imshow(values[0], cmap="gray", vmin=0, vmax=1, interpolation="nearest", alpha=alpha)


def _background(axes: Axes, image: Tensor | None, size: tuple[int, int]) -> None:
    if image is not None:
        _picture(axes, image, alpha=0.35)
        return
    _frame(axes, size)
    axes.set(xlim=(-0.5, size[1] - 0.5), ylim=(size[0] - 0.5, -0.5), aspect="equal")


def _ranked(axes: Axes, ranks: Tensor) -> None:
    last = int(ranks.max())
    if not last:
        return
    values = np.ma.masked_equal(ranks.numpy(), 0)
    axes.imshow(values, cmap="viridis_r", vmin=1, vmax=max(last, 2), interpolation="nearest", alpha=0.75)
    chosen = range(1, min(last, BARS) + 1)
    _written(axes, [ranks == rank for rank in chosen], [str(rank) for rank in chosen])


def _outlined(axes: Axes, mask: Tensor, colour: str) -> None:
    edges = [((x0 - 0.5, y0 - 0.5), (x1 - 0.5, y1 - 0.5)) for x0, y0, x1, y1 in outline(mask)]
    for width, shade in ((3.2, "white"), (1.6, colour)):
        axes.add_collection(LineCollection(edges, colors=shade, linewidths=width, capstyle="projecting"))


def _written(axes: Axes, masks: Sequence[Tensor], texts: Sequence[str]) -> None:
    box = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none", "alpha": 0.85}
    height = max(masks[0].shape) / 14 if masks else 0.0
    for x, y, text in labels_apart(masks, texts, height):
        axes.text(x - 0.5, y - 0.5, text, ha="center", va="center", fontsize=7, bbox=box)


def _frame(axes: Axes, size: Sequence[int]) -> None:
    axes.set(xticks=[], yticks=[])
    axes.spines[:].set_color("#cccccc")


def _bars(axes: Axes, values: Tensor, names: Sequence[str] | None) -> None:
    known = values.isfinite().nonzero().flatten()
    strongest = known[values[known].abs().argsort(descending=True, stable=True)[:BARS]].sort().values
    shown = _array(values[strongest])
    labels = [names[i] if names is not None and i < len(names) else str(i) for i in strongest.tolist()]
    axes.barh(range(len(shown)), shown, color=[POSITIVE if value >= 0 else NEGATIVE for value in shown], height=0.72)
    axes.set_yticks(range(len(shown)), labels)
    axes.axvline(0, color="#888888", linewidth=0.8)
    axes.invert_yaxis()
    axes.tick_params(labelsize=7, left=False)
    axes.spines[["top", "right", "left"]].set_visible(False)
    if len(known) > len(strongest):
        axes.set_title(f"the {len(strongest)} strongest of {len(known)}", fontsize=8)


def _signed_bar(figure: Figure) -> None:
    from matplotlib.cm import ScalarMappable
    from matplotlib.colors import Normalize

    scale = ScalarMappable(Normalize(-1, 1), signed_map())
    bar = figure.colorbar(scale, ax=figure.axes, shrink=0.6, aspect=30, pad=0.02)
    bar.set_ticks([-1, 0, 1], labels=["lowers\nthe score", "0", "raises\nthe score"])
    bar.ax.tick_params(labelsize=7, length=0)
    bar.outline.set_visible(False)


def _array(values: Tensor) -> np.ndarray[Any, Any]:
    array: np.ndarray[Any, Any] = values.detach().cpu().to(torch.float64).numpy()
    return array
