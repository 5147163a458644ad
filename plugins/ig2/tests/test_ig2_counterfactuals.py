"""Counterfactual baselines, and what is measured of them."""

import warnings

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import Model, Samples
from xaiplug.errors import ComponentError

torch.manual_seed(0)
F64 = torch.float64
ROWS = nn.Sequential(nn.Linear(2, 2)).double().eval()
ROWS[0].weight.data = torch.tensor([[3.0, 4.0], [0.0, 0.0]], dtype=F64)
ROWS[0].bias.data = torch.tensor([0.0, 1.0], dtype=F64)
FRONT = nn.Sequential(nn.Conv2d(3, 5, 3), nn.Softplus(), nn.AvgPool2d(2), nn.Flatten())
CONV = nn.Sequential(*FRONT, nn.Linear(45, 8), nn.Tanh(), nn.Linear(8, 4)).double().eval()
IMAGES = torch.rand(2, 3, 8, 8, dtype=F64)
ONE = torch.ones(1, 2, dtype=F64)


def ends(network, x, baseline, **given):
    """What a path with this baseline keeps as its far end, (B,n,*shape)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        ex = xaiplug.explain(network, x, "path-integral", baseline=baseline, steps=1, keep=True, **given)
    return ex.extras["counterfactual"]


def test_pgd_goes_the_shortest_way_over_the_border():
    """Logits 3x + 4y against 1, from (1,1): the border is 6/5 away along (.6,.8)."""
    end = ends(ROWS, ONE, ("counterfactual-pgd", {"step_size": 0.01}), target=0)[0, 0]
    assert ROWS(end[None]).argmax() == 1
    assert 1.2 < float((ONE[0] - end).norm()) < 1.2 + 0.011
    torch.testing.assert_close((ONE[0] - end) / (ONE[0] - end).norm(), torch.tensor([0.6, 0.8], dtype=F64))


def test_pgd_warns_where_it_does_not_arrive_and_keeps_to_the_range():
    with pytest.warns(UserWarning, match="did not change what the model says of sample 0"):
        xaiplug.explain(ROWS, ONE, "path-integral", target=0, baseline=("counterfactual-pgd", {"steps": 3}))
    model = Model(CONV, input_range=(0, 1))
    end = ends(model, IMAGES, ("counterfactual-pgd", {"steps": 50, "step_size": 0.5}))
    assert 0 <= end.min() <= end.max() <= 1


def test_pgd_stays_where_the_model_says_something_else_already():
    assert torch.equal(ends(ROWS, 0 * ONE, "counterfactual-pgd", target=0)[0, 0], 0 * ONE[0])


def test_pgd_of_heads_and_of_a_plain_score():
    heads = Model(ROWS, output="sigmoid")
    end = ends(heads, ONE, ("counterfactual-pgd", {"step_size": 0.01}), target=0)[0]
    assert -0.1 < ROWS(end)[0, 0].item() < 0
    with pytest.raises(ComponentError, match="no other class"):
        ends(nn.Linear(2, 1).double(), ONE, "counterfactual-pgd")


def test_grad_cf_is_the_end_of_ig2():
    params = {"steps": 20, "step_size": 0.1}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        black = torch.zeros_like(IMAGES)
        ex = xaiplug.explain(CONV, IMAGES, "ig2", references=black, keep=True, **params)
    got = ends(CONV, IMAGES, ("grad-cf", {"references": "black", **params}))
    assert torch.equal(got, ex.extras["counterfactual"])


def test_grad_cf_needs_what_its_references_need():
    plain = xaiplug.component("baseline", "grad-cf", references="black")
    pooled = xaiplug.component("baseline", "grad-cf", references=("mean", {"of": "data"}))
    assert tuple(plain.needs) == ()
    assert tuple(pooled.needs) == ("pool",)
    assert pooled.params()["references"]["use"] == "baselines/mean"


def explained(counterfactuals):
    """An explanation of ONE that kept these (n,2)."""
    ex = xaiplug.explain(ROWS, ONE, "ig2", references=-ONE, target=0, steps=2)
    return ex.replace(extras={"counterfactual": counterfactuals[None]})


def test_validity_is_the_share_that_left_the_class():
    ex = explained(torch.tensor([[0.0, 0.0], [1.0, 1.0], [0.1, 0.1], [2.0, 0.0]], dtype=F64))
    assert xaiplug.score(ROWS, ONE, ex, "cf-validity").values.tolist() == [0.5]
    assert xaiplug.score(Model(ROWS, output="sigmoid"), ONE, ex, "cf-validity").values.tolist() == [0.0]


def test_distance_to_the_data_to_the_class_and_to_the_input():
    ex = explained(torch.tensor([[0.0, 0.0], [1.0, 3.0]], dtype=F64))
    pool = Samples(torch.tensor([[0.0, 2.0], [1.0, 2.0], [-4.0, 0.0]], dtype=F64), torch.tensor([0, 0, 1]))
    root = 2**0.5
    for to, distances in (("data", (2, 1)), ("class", (4, 1)), ("input", (root, 2))):
        given = {} if to == "input" else {"pool": pool}
        got = xaiplug.score(ROWS, ONE, ex, "cf-distance", to=to, **given)
        assert got.values.item() == pytest.approx(sum(distances) / 2 / root)
        assert got.better == "lower"


def test_without_counterfactuals_both_are_undefined():
    ex = explained(ONE).replace(extras={})
    assert xaiplug.score(ROWS, ONE, ex, "cf-validity").values.isnan().all()
    assert xaiplug.score(ROWS, ONE, ex, "cf-distance", to="input").values.isnan().all()
    assert xaiplug.score(nn.Linear(2, 1).double(), ONE, explained(ONE), "cf-validity").values.isnan().all()
