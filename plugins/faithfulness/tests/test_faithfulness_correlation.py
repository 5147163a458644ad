"""Faithfulness correlation: linear models, sets by hand, draws that belong to the sample."""

import pytest
import torch
from scipy.stats import pearsonr
from torch import nn

import xaiplug
from xaiplug import Explanation
from xaiplug.errors import ComponentError
from xaiplug.testing import metric_checks
from xaiplug_faithfulness.correlation import FaithfulnessCorrelation

SMALL = {"subset_size": 4, "subsets": 20}
CHECKS = metric_checks(
    [
        ("faithfulness-correlation", SMALL),
        ("faithfulness-correlation", {"by": "group", "subset_size": 2, "subsets": 20}),
    ]
)


@pytest.mark.parametrize("check", CHECKS)
def test_conformance(check):
    check()


@pytest.fixture
def net():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(nn.Flatten(), nn.Linear(48, 5)).double()


X = torch.rand(3, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


@pytest.mark.parametrize("by", ["scalar", "pixel", "patch"])
def test_exact_attributions_of_a_linear_model_have_1(net, by):
    target = torch.tensor([0, 2, 4])
    ex = xaiplug.explain(net, X, "input-x-gradient", target=target, scale="logit")
    size = {"scalar": 10, "pixel": 5, "patch": 2}[by]
    params = {"by": by, "patch": 2, "subset_size": size, "baseline": "black", "subsets": 30}
    found = xaiplug.score(net, X, ex, "faithfulness-correlation", **params)
    torch.testing.assert_close(found.values, torch.ones(3).double())
    opposite = xaiplug.score(
        net, X, ex.replace(attribution=-ex.attribution), "faithfulness-correlation", **params
    ).values
    torch.testing.assert_close(opposite, -torch.ones(3).double())


def test_group_values_are_the_sums(net):
    labels = torch.tensor([[0, 0, 1, 1], [2, 2, 2, 1], [3, 3, 4, 4], [5, 5, 4, 4]])
    ex = xaiplug.explain(net, X, "input-x-gradient", target=0, scale="logit")
    groups = xaiplug.FeatureGroups.from_labels(labels.expand(3, 4, 4))
    per_group = ex.replace(attribution=groups.sum(ex.attribution), level="group", groups=groups)
    params = {"by": "group", "subset_size": 3, "baseline": "black", "segmenter": labels[None]}
    for given in (ex, per_group):
        found = xaiplug.score(net, X, given, "faithfulness-correlation", **params).values
        torch.testing.assert_close(found, torch.ones(3).double())


def test_against_scipy(net, monkeypatch):
    """Any map, any network: the sets that were drawn, one by one."""
    ex = Explanation(torch.randn(3, 3, 4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(2)))
    drawn = []
    draw = FaithfulnessCorrelation._drawn
    monkeypatch.setattr(FaithfulnessCorrelation, "_drawn", lambda *given: (drawn.append(draw(*given)), drawn[-1])[1])
    target = xaiplug.Target(torch.zeros(3, dtype=torch.int64))
    curved = nn.Sequential(*net, nn.Tanh(), nn.Linear(5, 2).double())
    values = xaiplug.score(curved, X, ex.replace(target=target), "faithfulness-correlation", baseline="black", **SMALL)
    with torch.no_grad():
        for row in range(3):
            sums, drops = [], []
            for chosen in drawn[0][row]:
                assert len(chosen.unique()) == 4
                removed = X[row].clone().flatten()
                removed[chosen] = 0
                sums.append(float(ex.attribution[row].flatten()[chosen].sum()))
                drops.append(float((curved(X[row : row + 1]) - curved(removed.view(1, 3, 4, 4)))[0, 0]))
            assert values.values[row].item() == pytest.approx(pearsonr(sums, drops).statistic, abs=1e-9)


def test_draws_belong_to_the_sample(net):
    ex = Explanation(torch.rand_like(X))
    whole = xaiplug.score(net, X, ex, "faithfulness-correlation", seed=5, **SMALL).values
    again = xaiplug.score(net, X, ex, "faithfulness-correlation", seed=5, max_batch=3, **SMALL).values
    other = xaiplug.score(net, X, ex, "faithfulness-correlation", seed=6, **SMALL).values
    torch.testing.assert_close(whole, again)
    assert not torch.allclose(whole, other)


def test_a_constant_map_has_no_correlation(net):
    for constant in (torch.zeros_like(X), torch.ones_like(X)):
        found = xaiplug.score(net, X, Explanation(constant), "faithfulness-correlation", **SMALL).values
        assert found.isnan().tolist() == [True] * 3


def test_sets_must_leave_something(net):
    with pytest.raises(ComponentError, match="48 units"):
        xaiplug.score(net, X, Explanation(torch.zeros_like(X)), "faithfulness-correlation", subset_size=48)
