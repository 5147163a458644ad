"""The page of an audit."""

import re

import numpy as np
import pytest

from xaiplug.audit.audit import audit
from xaiplug.audit.disagreement import disagreement
from xaiplug.audit.tables import Table
from xaiplug.view.audit_drawings import flip_graph, heat_map
from xaiplug.view.audit_page import render_audit, shown_of

RNG = np.random.default_rng(0)
HOSTILE = "<script>alert(1)</script>"


def table(metric="deletion", flipped=True, methods=("ig", HOSTILE, "random"), samples=20):
    values = np.array([2.0, 1.0, 0.0]) + RNG.normal(0, 0.1, (3, samples, 3))
    if flipped:
        values[2] = values[2][:, [1, 0, 2]]
    levels = tuple({"metrics' baseline": level} for level in ("as run", "blur", "white"))
    return Table("net", "test", metric, metric == "mass", values, levels, methods, (2,))


@pytest.fixture
def page():
    return render_audit("study", audit([table(), table("mass")], ["not said <b>"]).plain())


def test_no_name_is_markup_and_nothing_is_asked_for(page):
    assert "<script" not in page
    assert "<b>" not in page
    assert not re.search(r"(?:src|href)=\"(?!data:|#)", page)


def test_it_says_what_may_be_said(page):
    words = re.findall(r'<span class="verdict (\w+)" title="[^"]*">([^<]+)</span>', page)
    assert ("some", "depends") in words
    assert ("all", "better") in words
    assert "metrics&#39; baseline=white" in page


def test_what_was_not_varied_has_no_drawing_of_it():
    alone = Table("net", "test", "mass", True, table().values[:1], ({},), ("a", "b", "random"), (2,))
    page = render_audit("study", audit([alone]).plain())
    assert '<svg class="taus"' not in page
    assert "one choice" in page


def test_a_heat_map_is_red_where_rankings_are_the_same_and_blue_where_they_are_opposite():
    drawn = heat_map(["a", "b"], [[1.0, -1.0], [None, 1.0]])
    assert re.findall(r'fill="(#\w+)"', drawn) == ["#67001f", "#053061", "#bbbbbb", "#67001f"]


def test_lines_of_methods_that_change_places_cross():
    drawn = flip_graph(["one", "two"], {"a": [1.0, 2.0], "b": [2.0, 1.0]})
    (up, down) = re.findall(r'points="([^"]+)"', drawn)
    heights = [[float(spot.split(",")[1]) for spot in line.split()] for line in (up, down)]
    assert heights[0] == heights[1][::-1]
    assert heights[0][0] < heights[0][1]


def test_the_disagreement_is_the_plainest_one():
    values = np.zeros((2, 4, 2))
    values[..., 0] = 1.0
    values[1, 2] = [0.0, 3.0]
    values[1, 1] = [0.9, 1.0]
    levels = ({"baseline": "as run"}, {"baseline": "blur"})
    found = disagreement([Table("net", "test", "del", False, values, levels, ("a", "b"))])
    assert (found.sample, found.methods, dict(found.values)) == (
        2,
        ("a", "b"),
        {"as run": (1.0, 0.0), "baseline=blur": (0.0, 3.0)},
    )
    page = render_audit("s", audit([]).plain(), shown_of("del", "net on test", found.methods, found.values, None))
    assert "−" not in page
    assert "3.000" in page


def test_where_all_agree_there_is_none():
    same = np.ones((2, 4, 2))
    same[..., 0] = 2.0
    levels = ({"baseline": "as run"}, {"baseline": "blur"})
    assert disagreement([Table("net", "test", "del", False, same, levels, ("a", "b"))]) is None
