"""For digits.yaml (Fig. 6 and A.5 of the IG² paper): one digit, shifted; what its maps say of the pixels off the digit.

    python one_digit.py RUN_FOLDER

prints Markdown tables of a run. How far the centre of the attribution goes for every pixel that the digit is shifted
(1: it goes with the digit, 0: it stays). How like the map of the unshifted digit the shifted one's is (cosine, pixels
off the digit), moved back with the digit and left in its place. And which share of the digits becomes another when the
dark pixels of the highest attribution are filled. In brackets behind a mean is its 95 % bootstrap interval, behind a
semicolon the paired difference to `ig2` with its own (2,000 resamples of the digits), bold where it leaves 0 out; in
brackets behind a method is the number of digits.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
import pandas as pd
import torch
from annotated_types import Ge
from torch import Tensor
from torch.nn.functional import max_pool2d, pad

import xaiplug
from xaiplug import Explanation, Metric, MetricResult, Query, Samples, Spec, hookimpl
from xaiplug.results import Estimate, Results, markdown

CLASSES = {"threes": "3", "sixes": "6", "nines": "9"}
"""What the run file calls the references of a class."""
DARK = 0.1
"""Pixels below are off the digit."""
ROUNDING = 1e-9
"""Means of shares nearer to 0 are 0."""
STILL = "shift-0"
"""Data entries are called `shift-N`, `shift-left-N`."""


def one_digit(digit: int, count: int, split: str = "test", shift: int = 0, source: str = "digits") -> Samples:
    """The first `count` images (N,1,28,28) of one digit of `task:mnist`, `shift` pixels to the right.

    What leaves the image is lost. The count comes before the run file's filters, so that shifts have the same images.
    """
    samples = xaiplug.load_data("task:mnist", split=split, source=source)
    samples = samples[(samples.labels == digit).nonzero().flatten()[:count].tolist()]
    return Samples(pad(samples.inputs, (shift, -shift)), samples.labels, None, samples.ids)


class Centre(Metric):
    """Mean column (B,) of the positive attribution, in pixels; NaN where there is none."""

    of: Literal["all", "dark"] = "all"
    """All pixels, or those off the digit."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        mass = explanation.attribution.clamp(min=0).double()
        if self.of == "dark":
            mass = mass * (query.inputs < DARK)
        columns = mass.sum((1, 2))
        return MetricResult(columns @ torch.arange(columns.shape[1]).to(columns) / columns.sum(1), unit="pixels")


class CornerShare(Metric):
    """Share (B,) of the attribution's magnitude on the digit's upper right corner; NaN where there is none."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        mass = explanation.attribution.abs().double()
        return MetricResult((mass * corner(query.inputs)).flatten(1).sum(1) / mass.flatten(1).sum(1))


class Filled(Metric):
    """Whether the model says something else (B,) when the dark pixels of the highest attribution are set to 1.

    Equal pixels come in an order drawn for each sample.
    """

    pixels: Annotated[int, Ge(0)] = 20
    to: Annotated[int, Ge(0)] | None = None
    """The class that it has to say; None = any but the explained one."""
    near: Annotated[int, Ge(1)] | None = None
    """Fill only within so many pixels of the digit, rows and columns; None = anywhere."""
    cornerless: bool = False
    """Set the digit's upper right corner to 0 beforehand."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        free = query.inputs < DARK
        if self.near is not None:
            free &= max_pool2d(query.inputs, 2 * self.near + 1, stride=1, padding=self.near) >= DARK
        ranked = explanation.attribution.masked_fill(~free, -torch.inf).flatten(1)
        order = query.permutation(ranked.shape[1])
        order = order.gather(1, ranked.gather(1, order).argsort(dim=1, descending=True, stable=True))
        bare = query.inputs.masked_fill(corner(query.inputs), 0.0) if self.cornerless else query.inputs
        filled = bare.flatten(1).scatter(1, order[:, : self.pixels], 1.0).view_as(bare)
        said = query.forward(filled).argmax(1)
        turned = said != query.target.index if self.to is None else said == self.to
        return MetricResult(turned.double(), better="higher")


def corner(images: Tensor) -> Tensor:
    """The digit's pixels in the upper third and right half of its bounding box, (B,1,H,W) bool."""
    lit = images >= DARK
    down, across = lit.any(3, keepdim=True), lit.any(2, keepdim=True)
    return lit & (_along(down, 2) < 1 / 3) & (_along(across, 3) >= 1 / 2)


def _along(lines: Tensor, dim: int) -> Tensor:
    """Where lines (bool) lie between the first lit one, 0, and the one after the last, 1."""
    place = torch.arange(lines.shape[dim]).view([-1 if axis == dim else 1 for axis in range(4)]).to(lines.device)
    first = lines.int().argmax(dim, keepdim=True)
    last = place.where(lines, place.new_tensor(-1)).amax(dim, keepdim=True)
    return (place - first) / (last + 1 - first)


@hookimpl
def xaiplug_metrics() -> list[Spec]:
    return [
        Spec("attribution-centre", Centre, "Mean column of the positive attribution."),
        Spec("corner-share", CornerShare, "How much of the map is on the upper right corner of the digit."),
        Spec("filled", Filled, "Does filling the critical area turn the answer?"),
    ]


def shifts(results: pd.DataFrame) -> pd.DataFrame:
    """Pixels that the centre goes per pixel of shift: a row a digit and method, a column a metric, mean over shifts."""
    moved = results[results["data"].str.startswith("shift-") & results["metric"].str.startswith("centre")]
    wide = moved.pivot_table(index=["id", "explainer", "metric"], columns="data", values="value", dropna=False)
    rates = [wide[name].sub(wide[STILL]) / _pixels(name) for name in wide if name != STILL]
    both = pd.concat(rates, axis=1)
    # A digit that is not classified rightly at every shift is left out.
    return both.mean(axis=1, skipna=False).unstack("metric")


def likeness(results: Results) -> pd.DataFrame:
    """Cosines with the unshifted digit's map, means over shifts: a row a digit and method, columns `back`, `place`."""
    maps: dict[str, dict[str, dict[str, tuple[Tensor, Tensor]]]] = {}
    for one in results.explanations():
        if one.data.startswith("shift-"):
            pairs = zip(one.explanation.attribution, results.samples(one).inputs < DARK, strict=True)
            maps.setdefault(one.explainer, {})[one.data] = dict(zip(one.ids, pairs, strict=True))
    found = []
    for explainer, parts in maps.items():
        shifted = [name for name in parts if name != STILL]
        for one in set.intersection(*(set(part) for part in parts.values())):
            cosines = np.mean([alike(*parts[STILL][one], *parts[name][one], _pixels(name)) for name in shifted], 0)
            found.append({"id": one, "explainer": explainer, "back": cosines[0], "place": cosines[1]})
    values = pd.DataFrame(found).set_index(["id", "explainer"]).sort_index()
    return values.assign(difference=values["back"] - values["place"])


def alike(still: Tensor, dark: Tensor, moved: Tensor, dark_moved: Tensor, shift: int) -> tuple[float, float]:
    """Cosines of two maps (1,H,W) on dark pixels: the second moved back by `shift` columns, and as it is.

    A map of zeros is like nothing: NaN.
    """
    back, dark_back = pad(moved, (-shift, shift)), pad(dark_moved, (-shift, shift))
    return _cosine(still, back, dark & dark_back), _cosine(still, moved, dark & dark_moved)


def _cosine(one: Tensor, other: Tensor, where: Tensor) -> float:
    a, b = one[where].double(), other[where].double()
    return float((a @ b) / (a.norm() * b.norm()))


def _pixels(name: str) -> int:
    size = int(name.rpartition("-")[2])
    return -size if "left" in name else size


def fills(results: pd.DataFrame) -> pd.DataFrame:
    """What filled fives are taken for, and the corner's share of the map: a row a digit and method, a column a metric.

    `turned`: the model says anything but five. `reached`: it says the references' class. `strayed`: one certain of the
    other two classes, the mean of both. A method without references has the mean of all three for both.
    """
    filled = results[results["metric"].str.contains("turned|reached|corner")]
    asked = filled["metric"].str.extract(r"reached-(\d)")[0]
    own = filled["references"].map(CLASSES)
    named = []
    for name, kept in (("reached", own.isna() | (own == asked)), ("strayed", own.isna() | (own != asked))):
        part = filled[asked.notna() & kept]
        named.append(part.assign(metric=part["metric"].str.replace(r"reached-\d", name, regex=True)))
    whole = pd.concat([filled[asked.isna()], *named])
    return whole.pivot_table(index=["id", "explainer"], columns="metric", values="value")


def table(values: pd.DataFrame, against: str = "ig2") -> str:
    """Markdown of a frame (id, explainer) x metric."""
    rows = []
    first = values.xs(against, level="explainer")
    for name in values.index.unique("explainer"):
        part = values.xs(name, level="explainer").reindex(first.index)
        cells = [_cell(part[metric], first[metric], name == against) for metric in values]
        rows.append([f"`{name}` ({len(part.dropna(how='all'))})", *cells])
    return markdown(["", *values], rows)


def _cell(values: pd.Series, other: pd.Series, same: bool) -> str:
    mean, difference = Estimate.of(values), Estimate.of(values, minus=other)
    if not mean.count:
        return "–"
    if same:
        return mean.text()
    certain = difference.low > ROUNDING or difference.high < -ROUNDING
    return f"{mean.text()}; {f'**{difference.text()}**' if certain else difference.text()}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    results = Results(parser.parse_args().folder)
    values = results.values
    print(table(shifts(values)), table(likeness(results)), table(fills(values)), sep="\n\n")


if __name__ == "__main__":
    main()
