"""Relevance mass and the pointing game."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import Explanation, FeatureGroups
from xaiplug.calling.asking import base_query
from xaiplug.errors import ComponentError
from xaiplug_localisation.strength import strength

ROWS = nn.Linear(4, 2).double()
NET = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double()
X = torch.rand(2, 3, 2, 2, dtype=torch.float64)
TRUTH = torch.tensor([[[True, False], [False, False]], [[False, False], [True, True]]])


def on_rows(metric, values, truth, **params):
    x = torch.zeros(1, len(values), dtype=torch.float64)
    ex = Explanation(torch.tensor([values], dtype=torch.float64))
    net = nn.Linear(len(values), 2).double()
    return xaiplug.score(net, x, ex, metric, relevant=torch.tensor([truth]) == 1, **params).values.item()


def test_the_example_of_the_spec():
    assert on_rows("relevance-mass", [0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0]) == pytest.approx(0.65, abs=1e-15)


def test_sign():
    assert on_rows("relevance-mass", [-3.0, 1, 2, 0], [1, 1, 0, 0]) == pytest.approx(4 / 6)
    assert on_rows("relevance-mass", [-3.0, 1, 2, 0], [1, 1, 0, 0], sign="positive") == pytest.approx(1 / 3)
    assert on_rows("pointing-game", [-3.0, 1, 2, 0], [1, 0, 0, 0]) == 1
    assert on_rows("pointing-game", [-3.0, 1, 2, 0], [1, 0, 0, 0], sign="signed") == 0
    assert on_rows("pointing-game", [-3.0, 1, 2, 0], [0, 0, 1, 0], sign="positive") == 1


@pytest.mark.parametrize("metric", ["relevance-mass", "pointing-game"])
def test_a_network_is_not_asked_what_the_metric_does_not_need(metric):
    asked = []
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 2).double())
    net.register_forward_hook(lambda *_: asked.append(1))
    xaiplug.score(net, X, Explanation(X), metric, relevant=TRUTH)
    assert not asked


@pytest.mark.parametrize("metric", ["relevance-mass", "pointing-game"])
def test_an_empty_truth_is_undefined(metric):
    assert math.isnan(on_rows(metric, [1.0, 2], [0, 0]))


def test_nothing_attributed_has_no_mass():
    assert math.isnan(on_rows("relevance-mass", [0.0, 0], [1, 0]))


def test_ties_count_by_their_share():
    assert on_rows("pointing-game", [2.0, 2, 2, 1], [1, 0, 0, 0]) == pytest.approx(1 / 3)
    assert on_rows("pointing-game", [0.0, 0, 0, 0], [1, 1, 0, 0]) == pytest.approx(1 / 2)


def test_channels_are_summed_after_the_sign():
    a = torch.zeros(2, 3, 2, 2, dtype=torch.float64)
    a[:, 0, 0, 0], a[:, 1, 0, 0], a[:, 0, 1, 1] = 2, -2, 3
    mass = xaiplug.score(NET, X, Explanation(a), "relevance-mass", relevant=TRUTH)
    assert mass.values.tolist() == pytest.approx([4 / 7, 3 / 7])
    assert mass.better == "higher"
    assert xaiplug.score(NET, X, Explanation(a), "pointing-game", relevant=TRUTH).values.tolist() == [1, 0]
    signed = xaiplug.score(NET, X, Explanation(a), "pointing-game", relevant=TRUTH, sign="signed")
    assert signed.values.tolist() == [0, 1]


def test_spatial_and_group_maps():
    spatial = torch.tensor([[[[3.0, 1], [0, 0]]], [[[3.0, 1], [0, 0]]]]).double()
    mass = xaiplug.score(NET, X, Explanation(spatial), "relevance-mass", relevant=TRUTH)
    assert mass.values.tolist() == pytest.approx([0.75, 0])
    groups = FeatureGroups.from_labels(torch.tensor([[[0, 0], [1, -1]]] * 2))
    ex = Explanation(torch.tensor([[1.0, -2], [1, -2]]).double(), "group", groups=groups)
    mass = xaiplug.score(NET, X, ex, "relevance-mass", relevant=TRUTH)
    assert mass.values.tolist() == pytest.approx([1 / 4, 2 / 4])


def test_tolerance_grows_the_truth():
    net = nn.Sequential(nn.Flatten(), nn.Linear(49, 2))
    truth = torch.zeros(1, 7, 7, dtype=torch.bool)
    truth[0, 3, 3] = True
    a = torch.zeros(1, 1, 7, 7)
    a[0, 0, 5, 5] = 1
    hits = [
        xaiplug.score(net, torch.rand(1, 1, 7, 7), Explanation(a), "pointing-game", relevant=truth, tolerance=t).values
        for t in (0, 1, 2)
    ]
    assert torch.cat(hits).tolist() == [0, 0, 1]


def test_the_truth_must_be_given():
    with pytest.raises(ComponentError, match="relevant"):
        xaiplug.score(ROWS, torch.zeros(1, 4).double(), Explanation(torch.ones(1, 4).double()), "relevance-mass")


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(0.01, 10), min_size=2, max_size=8), st.floats(0.1, 10), st.integers(1, 254))
def test_laws(values, scale, code):
    truth = [code >> i & 1 for i in range(len(values))]
    other = [1 - t for t in truth]
    if 0 < sum(truth) < len(truth):
        mass = on_rows("relevance-mass", values, truth)
        assert mass + on_rows("relevance-mass", values, other) == pytest.approx(1)
        assert on_rows("relevance-mass", [scale * v for v in values], truth) == pytest.approx(mass)
        hits = on_rows("pointing-game", values, truth) + on_rows("pointing-game", values, other)
        assert hits == pytest.approx(1)


@pytest.mark.parametrize("spatial", [(2, 1, 3, 4), (2, 3, 4)])
def test_a_map_of_places_is_its_own_strength(spatial):
    values = torch.rand(spatial) - 0.5
    query = base_query(xaiplug.Model(nn.Flatten()), torch.rand(2, 3, 3, 4), target=0)
    for sign, want in (("signed", values), ("absolute", values.abs()), ("positive", values.clamp(min=0))):
        assert torch.equal(strength(query, Explanation(values, "spatial"), sign), want.reshape(2, 3, 4))
