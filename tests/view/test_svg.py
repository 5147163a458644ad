from __future__ import annotations

import math
from xml.etree import ElementTree

import numpy as np

from xaiplug.view import svg
from xaiplug.view.curves import Chart, Line
from xaiplug.view.transforms import Segment

NAME = "<script>&\"'"


def parsed(drawing: str) -> ElementTree.Element:
    return ElementTree.fromstring(drawing)


def line(mean: list[float], name: str = NAME) -> Line:
    values = np.array(mean)
    return Line(name, np.linspace(0, 1, len(mean)), values, values - 0.1, values + 0.1, 9)


def test_a_whisker_spans_its_interval():
    drawn = parsed(svg.whisker(0.5, 0.25, 0.75, (0.0, 1.0)))
    (span,) = drawn.findall("line[@class='span']")
    assert (span.get("x1"), span.get("x2")) == ("25.0%", "75.0%")
    assert drawn.find("circle").get("cx") == "50.0%"


def test_a_whisker_shows_zero_where_it_lies_inside():
    assert parsed(svg.whisker(0.0, -1.0, 1.0, (-1.0, 1.0))).find("line[@class='zero']") is not None
    assert parsed(svg.whisker(2.0, 1.0, 3.0, (1.0, 3.0))).find("line[@class='zero']") is None


def test_undefined_whiskers():
    assert svg.whisker(math.nan, math.nan, math.nan, (0, 1)) == ""
    assert parsed(svg.whisker(1.0, math.nan, math.nan, (1.0, 1.0))).find("line[@class='span']") is None


def test_a_chart_has_a_line_and_a_band_per_explainer():
    looks = {NAME: ("#000", ""), "flat": ("#111", "6 3")}
    drawn = parsed(svg.chart(Chart("m", "d", NAME, (line([1, 0.5, 0]), line([0.3] * 3, "flat"))), looks))
    lines = drawn.findall("g[@class='line']")
    assert [len(one.findall(part)) for one in lines for part in ("polyline", "polygon")] == [1, 1, 1, 1]
    assert lines[0].find("polyline/title").text == NAME == lines[0].get("data-name")
    assert lines[1].get("data-told").split(";")[0].split("|")[1] == "0.3"
    assert NAME in drawn.get("aria-label")


def test_a_chart_of_many_lines_is_crowded_and_labels_have_room():
    names = [str(place) for place in range(5)]
    looks = dict.fromkeys(names, ("#000", ""))
    few, many = (Chart("m", "d", "x", tuple(line([0.00155, 0.0016], name) for name in names[:n])) for n in (4, 5))
    assert parsed(svg.chart(few, looks)).get("class") == "chart"
    drawn = parsed(svg.chart(many, looks))
    assert drawn.get("class") == "chart crowded"
    for label in drawn.findall("text[@class='end']"):
        assert float(label.get("x")) - 6.2 * len(label.text) >= 0


def test_a_flat_chart_and_holes_can_be_drawn():
    flat = Line("a", np.zeros(1), np.ones(1), np.full(1, np.nan), np.full(1, np.nan), 1)
    holes = Line("b", np.arange(3.0), np.array([1, np.nan, 0]), np.full(3, np.nan), np.full(3, np.nan), 1)
    for one in (flat, holes):
        drawn = svg.chart(Chart("m", "d", "deletion", (one,)), {"a": ("#000", ""), "b": ("#000", "")})
        parsed(drawn)
        assert "nan" not in drawn


def test_outlines_are_paths_or_nothing():
    segments: list[Segment] = [(0, 0, 2, 0)]
    assert 'class="truth" d="M0 0L2 0"' in svg.outlines(segments, "truth")
    assert svg.outlines([], "truth") == ""


def test_bars_point_both_ways_and_end_at_the_limit():
    widths = [float(bar.get("width")) for bar in parsed(svg.bars([1.0, -0.5, 9.0, math.nan], 1.0)).findall("rect")]
    assert widths == [56, 28, 56, 0]
    parsed(svg.bars([], 0.0))
