"""Metrics against exact answers: known numbers, the true map at the top, chance where it should be, and broken ones."""

import math

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Exact, Explanation, FeatureGroups, SetScores
from xaiplug.data.exact import STATEMENTS
from xaiplug.errors import ComponentError
from xaiplug.testing import check_metric, metric_checks
from xaiplug_truths.metrics import OrderAgreement, ShareAgreement

NAMES = ["sign-agreement", "share-agreement", "order-agreement", "interaction-auc"]
TRUE = [3.0, -1.0, 0.0, 2.0]


@pytest.mark.parametrize("check", metric_checks(NAMES))
def test_conformance(check):
    check()


def on_rows(metric, values, true=TRUE, *, sets=None, pairs=(), kind="interaction"):
    """A metric of one row of as many features as groups."""
    count = len(true)
    x, net = torch.rand(1, count, dtype=torch.float64), nn.Linear(count, 2).double()
    together = torch.zeros(1, count, count, dtype=torch.float64)
    for i, j in pairs:
        together[0, i, j] = together[0, j, i] = -0.5
    groups = FeatureGroups.from_labels(torch.arange(count)[None])
    exact = Exact(groups, torch.tensor([true], dtype=torch.float64), STATEMENTS, together)
    found = None
    if sets is not None:
        members = torch.zeros(1, len(sets), count, dtype=torch.bool)
        for place, (inside, _) in enumerate(sets):
            members[0, place, list(inside)] = True
        found = SetScores(members, torch.tensor([[value for _, value in sets]], dtype=torch.float64), kind)
    ex = Explanation(torch.tensor([values], dtype=torch.float64), "input", sets=found)
    return xaiplug.score(net, x, ex, metric, exact=exact).values.item()


@pytest.mark.parametrize(
    ("metric", "values", "want"),
    [
        ("sign-agreement", [1.0, -9, 5, 1], 1.0),
        ("sign-agreement", [1.0, 9, 5, 0], 1 / 3),
        ("share-agreement", [6.0, -2, 0, 4], 1.0),
        ("share-agreement", [-3.0, 1, 0, -2], 0.0),
        ("share-agreement", [1.0, 0, 0, 0], 0.5),
        ("order-agreement", [30.0, -5, 1, 2], 1.0),
        ("order-agreement", [-3.0, 1, 0, -2], -1.0),
        ("order-agreement", [1.0, 0, 0, 1], 4 / 6),
        ("order-agreement", [0.0, 0, 0, 0], 0.0),
    ],
)
def test_known_numbers(metric, values, want):
    assert on_rows(metric, values) == pytest.approx(want, abs=1e-12)


def test_what_is_undefined_is_nan():
    assert math.isnan(on_rows("share-agreement", [0.0, 0, 0, 0]))
    for metric in NAMES[:3]:
        assert math.isnan(on_rows(metric, TRUE, [0.0, 0, 0, 0]))
    assert math.isnan(on_rows("interaction-auc", TRUE, pairs=[(0, 1)]))
    assert math.isnan(on_rows("interaction-auc", TRUE, sets=[((0, 1), 1.0)]))
    assert math.isnan(on_rows("interaction-auc", TRUE, pairs=[(0, 1)], sets=[((0, 1), 1.0)], kind="prefix"))


def test_pairs_that_interact():
    pairs = [(0, 1), (2, 3)]
    assert on_rows("interaction-auc", TRUE, pairs=pairs, sets=[((0, 1), -2.0), ((2, 3), 1.0), ((0, 3), 0.5)]) == 1
    assert on_rows("interaction-auc", TRUE, pairs=pairs, sets=[]) == 0.5
    assert on_rows("interaction-auc", TRUE, pairs=pairs, sets=[((0, 2), 1.0), ((1, 3), 1.0)]) == 0.25
    assert on_rows("interaction-auc", TRUE, pairs=pairs, sets=[((0, 1, 2, 3), 1.0)]) == 0.5


def test_levels_agree():
    """A map of the input, its sum over channels, and its sums by patch are one answer; other groups are spread."""
    x, net = torch.rand(2, 3, 4, 4).double(), nn.Sequential(nn.Flatten(), nn.Linear(48, 2)).double()
    groups = FeatureGroups.of_cells(2, (2, 2), (4, 4))
    exact = Exact(groups, torch.tensor([TRUE, TRUE[::-1]]).double(), STATEMENTS[1:4])
    values = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0)).double()
    fine = FeatureGroups.of_cells(2, (4, 4), (4, 4))
    made = [
        Explanation(values),
        Explanation(values.sum(1, keepdim=True)),
        Explanation(groups.sum(values), "group", groups=groups),
        Explanation(fine.sum(values), "group", groups=fine),
    ]
    for metric in NAMES[:3]:
        found = [xaiplug.score(net, x, ex, metric, exact=exact).values for ex in made]
        for one in found:
            assert torch.allclose(one, found[0], rtol=1e-12)
    halves = FeatureGroups.of_cells(2, (1, 2), (4, 4))
    spread = Explanation(torch.tensor([[4.0, -2.0], [4.0, -2.0]]).double(), "group", groups=halves)
    share = xaiplug.score(net, x, spread, "share-agreement", exact=exact).values
    assert share[0] == pytest.approx(1 - (abs(1 / 3 - 1 / 2) + 0 + 1 / 3 + 1 / 2) / 2)


@pytest.mark.parametrize("name", ["product", "shattered-gradients", "or-of-patches"])
def test_the_exact_answer_is_at_the_top_and_noise_at_chance(name):
    model, samples = xaiplug.load_model(f"truth:{name}"), xaiplug.load_data(f"truth:{name}")
    exact, noise = samples.exact, torch.Generator().manual_seed(0)
    best = Explanation(exact.values.float(), "group", groups=exact.groups)
    chance = Explanation(torch.randn(64, 16, generator=noise), "group", groups=exact.groups)
    for metric, middle in (("sign-agreement", 0.5), ("order-agreement", 0.0)):
        top, random = (xaiplug.score(model, samples.inputs, ex, metric, exact=exact) for ex in (best, chance))
        assert torch.allclose(top.values, torch.ones(64))
        assert abs(random.mean() - middle) < 0.12


def test_a_statement_that_the_truth_does_not_make():
    model, samples = xaiplug.load_model("truth:min"), xaiplug.load_data("truth:min", limit=2)
    ex = xaiplug.explain(model, samples.inputs, "gradient")
    with pytest.raises(ComponentError, match=r"asks a truth for 'share'.*undefined"):
        xaiplug.score(model, samples.inputs, ex, "share-agreement", exact=samples.exact)
    other = xaiplug.load_data("truth:linear", limit=2).exact
    with pytest.raises(ComponentError, match="is of model 'linear', not of 'min'"):
        xaiplug.score(model, samples.inputs, ex, "sign-agreement", exact=other)


class Forgets(ShareAgreement):
    """Compares shares, and asks for no statement."""

    asks = None


class WrongWay(OrderAgreement):
    """Says that the opposite order is the better."""

    def measure(self, query, explanation):
        return xaiplug.MetricResult(super().measure(query, explanation).values, better="lower")


@pytest.mark.parametrize(("broken", "check"), [(Forgets(), "declared-needs"), (WrongWay(), "prefers-truth")])
def test_broken_ones_are_caught(broken, check):
    assert check in check_metric(broken).failed


def test_islands_count_as_sets():
    """What `archipelago` finds are islands with what each brings alone: coalitions, and no prefixes of an order."""
    model, samples = xaiplug.load_model("truth:product"), xaiplug.load_data("truth:product", limit=4)
    islands = xaiplug.explain(
        model, samples.inputs, "archipelago", segmenter=("grid", {"patch": 4}), baseline="black", imputer="baseline"
    )
    found = xaiplug.score(model, samples.inputs, islands, "interaction-auc", exact=samples.exact)
    assert found.values.tolist() == [1, 1, 1, 1]
