"""The groups that several models have in common."""

import pytest
import torch

import xaiplug
from xaiplug import Explanation, FeatureGroups, View
from xaiplug.errors import ComponentError
from xaiplug_moxi.overlap import TopOverlap


def views(*attributions):
    groups = FeatureGroups.from_labels(torch.arange(10)[None])
    values = (torch.tensor([list(map(float, row))]) for row in attributions)
    maps = [Explanation(value, "group", groups=groups) for value in values]
    return [View(str(k), None, ex, torch.zeros(1), torch.zeros(1)) for k, ex in enumerate(maps)]


RISING = range(10)


def test_overlap_by_hand():
    """First three of ten: 9 8 7, 9 8 0 and 0 1 2."""
    second = [7.5, 1, 2, 3, 4, 5, 6, 7, 8, 9]
    falling = list(reversed(RISING))
    assert TopOverlap(first=0.3).compare(views(RISING, RISING)).values.item() == 1
    assert TopOverlap(first=0.3).compare(views(RISING, second)).values.item() == pytest.approx(2 / 3)
    assert TopOverlap(first=0.3).compare(views(RISING, falling)).values.item() == 0
    three = TopOverlap(first=0.3).compare(views(RISING, second, falling))
    assert three.values.item() == pytest.approx((2 / 3 + 0 + 1 / 3) / 3)
    assert three.curve[0, 2] == pytest.approx(three.values.item())
    assert three.curve[0, -1] == 1
    assert three.steps.tolist() == pytest.approx([k / 10 for k in range(1, 11)])


def test_by_chance_the_share_itself():
    drawn = torch.rand(2, 4000, 20, generator=torch.Generator().manual_seed(0))
    groups = FeatureGroups.from_labels(torch.arange(20).expand(4000, 20).contiguous())
    made = [View(str(k), None, Explanation(v, "group", groups=groups), None, None) for k, v in enumerate(drawn)]
    assert TopOverlap(first=0.25).compare(made).mean() == pytest.approx(0.25, abs=0.01)


def test_one_model_or_other_groups():
    with pytest.raises(ComponentError, match="two models"):
        TopOverlap().compare(views(RISING))
    other = Explanation(torch.zeros(1, 4), "group")
    with pytest.raises(ComponentError, match="same groups"):
        TopOverlap().compare([*views(RISING), View("x", None, other, None, None)])


def test_it_is_registered():
    assert xaiplug.component("metric", "top-overlap", first=0.2).first == 0.2
