"""The Gini index has the values of the spec."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import Explanation, FeatureGroups
from xaiplug_complexity.gini import gini


def rows(*values):
    return torch.tensor(values, dtype=torch.float64)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([1.0] * 5, 0.0),
        ([0.0] * 15 + [1.0], 0.9375),
        ([1.0, 2, 3, 4], 0.25),
        ([float(i) for i in range(1, 17)], 0.3125),
        ([1.0] * 3 + [0.0] * 7, 0.7),
    ],
)
def test_oracles(values, expected):
    assert gini(rows(values)).item() == pytest.approx(expected, abs=1e-14)


def test_is_the_formula_of_the_paper():
    v = torch.rand(3, 11, dtype=torch.float64)
    ranked, d = v.sort(1).values, 11
    k = torch.arange(1, d + 1)
    paper = 1 - 2 * (ranked / ranked.sum(1, keepdim=True) * (d - k + 0.5) / d).sum(1)
    torch.testing.assert_close(gini(v), paper, rtol=1e-13, atol=1e-14)


def test_zero_is_undefined():
    assert gini(torch.zeros(1, 4)).isnan().all()


@settings(max_examples=40, deadline=None)
@given(st.lists(st.floats(0.01, 100), min_size=2, max_size=12), st.floats(0.01, 1e3), st.randoms())
def test_laws(values, scale, random):
    once = gini(rows(values)).item()
    assert -1e-12 <= once <= (len(values) - 1) / len(values) + 1e-12
    assert gini(scale * rows(values)).item() == pytest.approx(once, abs=1e-10)
    assert gini(rows(values * 2)).item() == pytest.approx(once, abs=1e-10)
    random.shuffle(values)
    assert gini(rows(values)).item() == pytest.approx(once, abs=1e-10)


NET = nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double()
X = torch.rand(2, 3, 2, 2, dtype=torch.float64)


def test_channels():
    """One pixel with (1,-1,0) cancels when summed first, and not when made positive first."""
    a = torch.zeros(2, 3, 2, 2, dtype=torch.float64)
    a[:, 0] = 1
    a[:, 1, 0, 0] = -1
    values = {
        c: xaiplug.score(NET, X, Explanation(a), "gini", channels=c).values[0].item()
        for c in ("sum", "abs-sum", "none")
    }
    assert values["sum"] == pytest.approx(gini(rows([0.0, 1, 1, 1])).item())
    assert values["abs-sum"] == pytest.approx(gini(rows([2.0, 1, 1, 1])).item())
    assert values["none"] == pytest.approx(gini(rows([1.0] * 5 + [0.0] * 7)).item())


def test_groups_count_by_position_or_as_they_are():
    groups = FeatureGroups.from_labels(torch.tensor([[[0, 0], [0, 1]], [[0, 0], [1, 2]]]))
    ex = Explanation(rows([1.0, 4, torch.nan], [-1.0, 2, 3]), "group", groups=groups)
    painted = xaiplug.score(NET, X, ex, "gini")
    assert painted.values.tolist() == pytest.approx(gini(rows([1.0, 1, 1, 4], [1.0, 1, 2, 3])).tolist())
    assert painted.better == "higher"
    grouped = xaiplug.score(NET, X, ex, "gini", over="groups").values
    assert grouped.tolist() == pytest.approx([gini(rows([1.0, 4])).item(), gini(rows([1.0, 2, 3])).item()])


@pytest.mark.parametrize("shape", [(6, 4), (7,)])
def test_embeddings_and_rows(shape):
    net = nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(shape).numel(), 2)).double()
    x = torch.rand(3, *shape, dtype=torch.float64)
    a = torch.randn_like(x)
    folded = a.sum(2) if len(shape) == 2 else a
    torch.testing.assert_close(xaiplug.score(net, x, Explanation(a), "gini").values, gini(folded.abs()))
