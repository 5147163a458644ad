"""Complexity has the values of the entropy."""

import math

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Explanation, FeatureGroups
from xaiplug_complexity.entropy import entropy

NET = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double()
X = torch.rand(2, 3, 2, 2, dtype=torch.float64)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0] * 5, math.log(5)),
        ([0.0, 0.0, 7.0], 0.0),
        ([1.0, 3.0], 2 * math.log(2) - 0.75 * math.log(3)),
        ([1.0, 3.0, 1.0, 3.0], 3 * math.log(2) - 0.75 * math.log(3)),
        ([0.0, 0.0], math.nan),
    ],
)
def test_oracles(values, expected):
    found = entropy(torch.tensor([values], dtype=torch.float64)).item()
    assert found == pytest.approx(expected, abs=1e-14, nan_ok=True)


def test_signs_channels_and_groups():
    a = torch.zeros(2, 3, 2, 2, dtype=torch.float64)
    a[:, 0, 0] = -1
    a[:, 1, 0, 0] = 1
    given = {"sum": 0.0, "abs-sum": math.log(3) - 2 / 3 * math.log(2), "none": math.log(3)}
    for channels, expected in given.items():
        result = xaiplug.score(NET, X, Explanation(a), "complexity", channels=channels)
        assert result.values.tolist() == pytest.approx([expected] * 2)
        assert result.better == "lower"
    groups = FeatureGroups.from_labels(torch.tensor([[[0, 0], [0, 1]], [[0, 0], [1, 2]]]))
    ex = Explanation(torch.tensor([[1.0, 1.0, torch.nan], [-1.0, 1.0, 1.0]]).double(), "group", groups=groups)
    for over, expected in {"positions": [math.log(4)] * 2, "groups": [math.log(2), math.log(3)]}.items():
        assert xaiplug.score(NET, X, ex, "complexity", over=over).values.tolist() == pytest.approx(expected)
