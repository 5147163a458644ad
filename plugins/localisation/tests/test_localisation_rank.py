"""Rank accuracy, ROC area and GT-SUM; and the contract."""

import math

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import Explanation
from xaiplug.testing import metric_checks
from xaiplug_localisation.rank import rank_accuracy, roc_area


def on_rows(metric, values, truth, **params):
    x, net = torch.zeros(1, len(values), dtype=torch.float64), nn.Linear(len(values), 2).double()
    ex = Explanation(torch.tensor([values], dtype=torch.float64))
    return xaiplug.score(net, x, ex, metric, relevant=torch.tensor([truth]) == 1, **params).values.item()


def test_the_example_of_the_spec():
    values, truth = [0.9, 0.4, 0.6, 0.1], [1, 1, 0, 0]
    assert on_rows("gt-auc", values, truth) == pytest.approx(0.75, abs=1e-15)
    assert on_rows("gt-sum", values, truth) == pytest.approx(0.65, abs=1e-15)
    assert on_rows("relevance-rank", values, truth) == pytest.approx(0.5, abs=1e-15)


def test_ties():
    assert on_rows("gt-auc", [1.0, 1, 1, 1], [1, 0, 0, 0]) == 0.5
    assert on_rows("relevance-rank", [1.0, 1, 1, 1], [1, 0, 0, 0]) == 0.25
    assert on_rows("relevance-rank", [2.0, 1, 1, 0], [1, 1, 0, 0]) == 0.75


def test_sign():
    assert on_rows("gt-auc", [-3.0, 1, 2, 0], [1, 0, 0, 0]) == 1
    assert on_rows("gt-auc", [-3.0, 1, 2, 0], [1, 0, 0, 0], sign="signed") == 0


@pytest.mark.parametrize("metric", ["gt-auc", "gt-sum", "relevance-rank"])
def test_an_empty_truth_is_undefined(metric):
    assert math.isnan(on_rows(metric, [1.0, 2], [0, 0]))


def test_everything_true_has_no_roc():
    assert math.isnan(on_rows("gt-auc", [1.0, 2], [1, 1]))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=2, max_size=12), st.data())
def test_area_is_sklearns_and_rank_is_the_mean_over_orders_of_ties(values, data):
    metrics = pytest.importorskip("sklearn.metrics")
    truth = data.draw(st.lists(st.booleans(), min_size=len(values), max_size=len(values)))
    if not 0 < sum(truth) < len(truth):
        return
    strengths, relevant = torch.tensor([values], dtype=torch.float64), torch.tensor([truth])
    assert roc_area(strengths, relevant).item() == pytest.approx(metrics.roc_auc_score(truth, values))
    torch.manual_seed(0)
    orders = torch.stack([torch.randperm(len(values)) for _ in range(3000)])
    top = orders.gather(1, strengths[0][orders].argsort(dim=1, descending=True, stable=True))[:, : sum(truth)]
    assert rank_accuracy(strengths, relevant).item() == pytest.approx(relevant[0][top].double().mean().item(), abs=0.05)


NAMES = ["relevance-mass", "relevance-rank", "pointing-game", "gt-auc", "gt-sum"]


@pytest.mark.parametrize("check", metric_checks(NAMES))
def test_conformance(check):
    check()
