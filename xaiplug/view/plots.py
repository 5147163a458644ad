"""Figures for a notebook: explanations over their inputs, and metric curves. Nothing touches pyplot's global state."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.data.study import Curve
from xaiplug.errors import ShapeError
from xaiplug.view.colours import series
from xaiplug.view.curves import charts
from xaiplug.view.drawing import BARS, signed_bar
from xaiplug.view.numbers import short
from xaiplug.view.sheet import FeatureNames, Kind, Names, Sheet, class_label
from xaiplug.view.slices import in_slices

_CELL = 2.3
_SIGNED = ("heat", "overlay", "words")
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
    kind: Kind | None = None,
    samples: int = 4,
    relevant: Tensor | None = None,
    class_names: Names | None = None,
    feature_names: FeatureNames | None = None,
    axes: Axes | Sequence[Axes] | None = None,
) -> Any:
    """Draw the first `samples` explanations, a row each: the input, the signed attribution, sets, order of choice.

    Every map is drawn on one signed scale, from minus to plus the 99th percentile of its own magnitudes, which is
    written above it. Embeddings, rows and unplaced groups are drawn as bars; of a volume its strongest slice.

    Args:
        inputs: (B,C,H,W) in pixel space, drawn beside the maps; or (B,L,D), (B,F). Default: those that were explained.
        kind: one way of drawing in place of these: heat | overlay | outline | sets | order | curve, of images; bars |
            words | curve, of embeddings and rows.
        relevant: (B,H,W) bool, outlined.
        class_names: name of class k at k. Default: the model's.
        feature_names: of the tokens or columns, for bars and words; or a list of them for each sample.
        axes: one `Axes` for the first sample, or one a sample, to draw into.

    Returns:
        A new figure; or the axes that were given.

    Raises:
        ShapeError: inputs or relevant are for another number of samples, or more axes than samples.
        ComponentError: a kind that there is none of, or that this explanation cannot be drawn as.
    """
    inputs = explanation.inputs if inputs is None else inputs
    names = class_names or explanation.class_names
    cut = in_slices({"": explanation}, inputs, relevant)
    sheet = Sheet(cut.explanations[""], cut.inputs, cut.relevant, feature_names)
    if axes is not None:
        _into(axes, sheet, kind or sheet.kinds()[0])
        return axes
    count = min(samples, len(explanation))
    kinds = [kind] if kind is not None else sheet.kinds()
    columns: list[tuple[str, Draw]] = [("input", sheet.input)] if sheet.pictures is not None and kind is None else []
    columns += [(sheet.title(one), sheet.drawer(one)) for one in kinds]
    figure = _grid(columns, count, *_sides(sheet, kinds))
    if count and any(one in _SIGNED for one in kinds):
        signed_bar(figure)
    for row in range(count):
        figure.axes[row * len(columns)].set_ylabel(_title(explanation, row, names, cut.notes[row]), fontsize=8)
    return figure


def plot_methods(
    explanations: Mapping[str, Explanation],
    inputs: Tensor | None = None,
    *,
    kind: Kind | None = None,
    scale: Literal["own", "shared"] = "own",
    samples: int = 4,
    relevant: Tensor | None = None,
    class_names: Names | None = None,
    feature_names: FeatureNames | None = None,
) -> Figure:
    """Draw several methods' explanations of the same samples side by side: a row a sample, a column a method.

    Args:
        explanations: title -> explanation.
        kind: one way of drawing, as of `plot_explanation`; default heat of images, bars of embeddings and rows.
        scale: own: every map to its own limit; shared: one limit a sample, for methods that answer in one unit.
        inputs, samples, relevant, class_names, feature_names: as of `plot_explanation`.

    Raises:
        ShapeError: they are of different numbers of samples, or there is none. ComponentError: as `plot_explanation`.
    """
    if not explanations:
        raise ShapeError("there is no explanation to draw")
    first = next(iter(explanations.values()))
    if len({len(one) for one in explanations.values()}) > 1:
        counts = ", ".join(f"'{name}' {len(one)}" for name, one in explanations.items())
        raise ShapeError(f"explanations of different numbers of samples cannot be compared: {counts}")
    inputs = first.inputs if inputs is None else inputs
    names = class_names or first.class_names
    cut = in_slices(explanations, inputs, relevant)
    explanations, inputs, relevant = cut.explanations, cut.inputs, cut.relevant
    sheets = {name: Sheet(one, inputs, relevant, feature_names) for name, one in explanations.items()}
    if scale == "shared":
        limits = torch.stack([sheet.limits.double() for sheet in sheets.values()]).amax(0)
        sheets = {name: Sheet(one, inputs, relevant, feature_names, limits) for name, one in explanations.items()}
    count = min(samples, len(first))
    one_of_all = next(iter(sheets.values()))
    columns: list[tuple[str, Draw]] = [("input", one_of_all.input)] if one_of_all.pictures is not None else []
    chosen = kind or one_of_all.kinds()[0]
    columns += [(name, sheet.drawer(chosen)) for name, sheet in sheets.items()]
    figure = _grid(columns, count, *_sides(one_of_all, [chosen]))
    if count and chosen in _SIGNED:
        signed_bar(figure)
    for row in range(count):
        figure.axes[row * len(columns)].set_ylabel(_title(first, row, names, cut.notes[row], score=False), fontsize=8)
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


def _into(axes: Axes | Sequence[Axes], sheet: Sheet, kind: str) -> None:
    given = [axes] if isinstance(axes, Axes) else list(axes)
    if len(given) > len(sheet.explanation):
        raise ShapeError(f"{len(given)} axes and {len(sheet.explanation)} samples; give one a sample")
    draw = sheet.drawer(kind)
    for row, one in enumerate(given):
        draw(one, row)


def _sides(sheet: Sheet, kinds: Sequence[str]) -> tuple[float, float]:
    """Width and height of one drawing, in inches."""
    if sheet.places:
        return _CELL, _CELL
    if kinds == ["words"]:
        letters = max(sum(len(name) + 2 for name in sheet.names(row) or ()) for row in range(len(sheet.explanation)))
        return 5.2, max(0.9, 0.24 * (letters // 50 + 1) + 0.4)
    if kinds == ["curve"]:
        return 3.2, _CELL
    return 4.2, max(1.4, 0.22 * min(sheet.maps.shape[1], BARS) + 0.5)


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


def _title(explanation: Explanation, row: int, class_names: Names | None, note: str, score: bool = True) -> str:
    note = note and f"\n{note}"
    if explanation.target is None:
        return f"sample {row}{note}"
    name = class_label(int(explanation.target.index[row]), class_names) + note
    known = score and explanation.score is not None
    return name + (f"\n{explanation.target.scale} {short(float(explanation.score[row]))}" if known else "")  # type: ignore[index]
