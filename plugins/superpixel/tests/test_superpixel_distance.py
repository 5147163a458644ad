"""The distance to the plain gradient."""

from itertools import pairwise

import pytest
import torch
from torch import nn
from torch.testing import assert_close

import xaiplug
from xaiplug import Explanation
from xaiplug.errors import ComponentError
from xaiplug.testing import metric_checks

torch.manual_seed(0)
NET = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1), nn.Tanh(), nn.AvgPool2d(4), nn.Flatten(), nn.Linear(16, 3)).double()
X = torch.rand(3, 3, 8, 8, dtype=torch.float64)
ASK = {"target": 1, "scale": "probability"}


@pytest.mark.parametrize("check", metric_checks(["gradient-distance", ("gradient-distance", {"relative": True})]))
def test_conformance(check):
    check()


def cells(side):
    row = torch.arange(8) // side
    return (row[:, None] * 8 + row).expand(3, 8, 8)


def distance(explanation, **params):
    return xaiplug.score(NET, X, explanation, "gradient-distance", **params).values


def test_zero_for_the_gradient_and_one_for_nothing():
    plain = xaiplug.explain(NET, X, "gradient", **ASK)
    assert distance(plain).abs().max() < 1e-15
    nothing = plain.replace(attribution=torch.zeros_like(X))
    assert_close(distance(nothing), plain.attribution.flatten(1).norm(dim=1))
    assert_close(distance(nothing, relative=True), torch.ones(3).double())


def test_grows_with_nested_groups_and_its_square_is_what_the_projection_takes_off():
    plain = xaiplug.explain(NET, X, "gradient", **ASK).attribution.flatten(1)
    found = []
    for side in (1, 2, 4, 8):
        grouped = xaiplug.explain(NET, X, "superpixel", segmenter=cells(side), **ASK)
        found.append(distance(grouped))
        lost = (plain**2).sum(1) - (grouped.attribution.flatten(1) ** 2).sum(1)
        assert_close(found[-1] ** 2, lost, rtol=1e-9, atol=1e-15)
    assert all(bool((a <= b).all()) for a, b in pairwise(found))
    assert found[-1].min() > found[1].max() / 10


def test_the_scale_is_that_of_the_map():
    logit = xaiplug.explain(NET, X, "gradient", target=1, scale="logit")
    assert distance(logit).abs().max() < 1e-12
    assert distance(logit, scale="probability").min() > 1e-3


def test_undefined_in_units_of_no_gradient_and_maps_without_channels():
    flat = nn.Sequential(nn.Flatten(), nn.Linear(192, 2)).double()
    nn.init.zeros_(flat[1].weight)
    found = xaiplug.score(flat, X, Explanation(torch.ones_like(X)), "gradient-distance", relative=True)
    assert found.values.isnan().all()
    with pytest.raises(ComponentError, match="no channels"):
        distance(Explanation(torch.ones(3, 1, 8, 8).double()))
