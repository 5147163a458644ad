"""The map of an explainer against its maps of networks that have learned nothing, and of other classes."""

import math

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.errors import ComponentError
from xaiplug.model import Model, redrawn
from xaiplug_stability.layers import layers_of
from xaiplug_stability.likeness import entropy

X = torch.rand(3, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Blind(xaiplug.Explainer):
    """The input itself."""

    def explain(self, query):
        return query.inputs.clone()


def two_layers():
    with torch.random.fork_rng():
        torch.manual_seed(1)
        return nn.Sequential(nn.Linear(12, 6), nn.Linear(6, 2)).double()


def rho(a, b):
    """Rank correlation of two vectors without ties."""
    ranks = torch.stack([a.argsort().argsort(), b.argsort().argsort()]).double()
    return torch.corrcoef(ranks)[0, 1]


@pytest.mark.parametrize(
    ("order", "steps"),
    [("cascading", [(0, 1), (1, 1)]), ("bottom-up", [(1, 0), (1, 1)]), ("independent", [(1, 0), (0, 1)])],
)
def test_gradients_of_a_linear_network_are_products_of_its_weights(order, steps):
    net, target = two_layers(), torch.tensor([1, 0, 1])
    drawn = redrawn(Model(net), 4)
    ex = xaiplug.explain(net, X, "gradient", target=target)
    found = xaiplug.score(net, X, ex, "mprt", order=order, seed=4)
    first, second = (net[0].weight, drawn["0.weight"]), (net[1].weight, drawn["1.weight"])
    for step, (low, high) in enumerate(steps):
        new = second[high] @ first[low]
        own = net[1].weight @ net[0].weight
        expected = torch.stack([rho(own[row], new[row]) for row in target.tolist()])
        torch.testing.assert_close(found.curve[:, step], expected)
    assert found.steps.tolist() == [1, 2]
    torch.testing.assert_close(found.values, found.curve.mean(1))
    assert found.better == "lower"
    whole = xaiplug.score(net, X, ex, "mprt", order=order, seed=4, layers=1)
    assert whole.steps.tolist() == [2]
    if order != "independent":
        torch.testing.assert_close(whole.values, found.curve[:, 1])


def test_who_does_not_look_does_not_change():
    net = two_layers()
    ex = xaiplug.explain(net, X, Blind())
    for given in ({}, {"order": "independent"}, {"similarity": "rank-abs"}, {"smooth": 2}):
        assert xaiplug.score(net, X, ex, "mprt", **given).curve.tolist() == [pytest.approx([1.0, 1.0])] * 3
    assert xaiplug.score(net, X, ex, "efficient-mprt").values.tolist() == [0.0] * 3
    assert xaiplug.score(net, X, ex, "random-logit").values.tolist() == pytest.approx([1.0] * 3)


def test_signs_are_told_apart_unless_magnitudes_are_asked_for():
    net = nn.Sequential(nn.Linear(12, 2)).double()
    with torch.no_grad():
        net[0].weight[1] = -net[0].weight[0]
    ex = xaiplug.explain(net, X, "gradient", target=0)
    assert xaiplug.score(net, X, ex, "random-logit").values.tolist() == pytest.approx([-1.0] * 3)
    magnitudes = xaiplug.score(net, X, ex, "random-logit", similarity="rank-abs")
    assert magnitudes.values.tolist() == pytest.approx([1.0] * 3)


def test_another_class_is_each_of_the_others_and_never_the_same():
    net, x = nn.Linear(12, 3).double(), X[:1].expand(40, 12) + torch.arange(40)[:, None] * 1e-3
    ex = xaiplug.explain(net, x, "gradient", target=2)
    found = xaiplug.score(net, x, ex, "random-logit").values
    expected = [rho(net.weight[2], net.weight[row]).item() for row in (0, 1)]
    assert {round(value, 9) for value in found.tolist()} == {round(value, 9) for value in expected}


def test_smooth_maps_are_means_over_noisy_inputs():
    class Curved(nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = nn.Linear(12, 2)

        def forward(self, x):
            return self.linear(torch.sin(20 * x))

    net = Curved().double()
    ex = xaiplug.explain(net, X, "gradient", target=0)
    calls = []

    class Counts(xaiplug.Explainer):
        def explain(self, query):
            calls.append(query.inputs)
            return query.gradient(query.inputs)

    ex = xaiplug.explain(net, X, Counts(), target=0)
    calls.clear()
    xaiplug.score(net, X, ex, "mprt", smooth=4, noise=0.05)
    assert len(calls) == 8  # of the network and of one with new weights
    noise = torch.stack(calls[:4]) - X
    assert torch.equal(torch.stack(calls[4:]) - X, noise)
    spread = X.amax(1) - X.amin(1)
    assert noise.transpose(0, 1).flatten(1).std(1).tolist() == pytest.approx((0.05 * spread).tolist(), rel=0.35)


def test_layers_come_as_the_forward_calls_them():
    class Backwards(nn.Module):
        def __init__(self):
            super().__init__()
            self.head = nn.Linear(4, 2)
            self.attention = nn.MultiheadAttention(4, 2, batch_first=True)
            self.norm = nn.LayerNorm(4)
            self.first = nn.Linear(3, 4)
            self.register_buffer("places", torch.arange(5))

        def forward(self, x):
            tokens = self.first(x)
            return self.head(self.norm(self.attention(tokens, tokens, tokens)[0]).mean(1))

    net = Backwards()
    seen = []

    class Looks(xaiplug.Metric):
        def measure(self, query, explanation):
            drawn = redrawn(query.model, 0)
            seen.extend(layers_of(query, drawn))
            return torch.zeros(len(query))

    x = torch.rand(2, 5, 3)
    xaiplug.score(net, x, xaiplug.explain(net, x, "gradient"), Looks())
    owners = [names[0].rpartition(".")[0] for names in seen]
    assert owners == ["first", "attention", "attention.out_proj", "head"]  # a fresh norm has nothing to draw


def test_what_cannot_be_asked_is_an_error():
    class Sum(nn.Module):
        def forward(self, x):
            return x.sum(1, keepdim=True)

    ex = xaiplug.explain(Sum(), X, "gradient")
    with pytest.raises(ComponentError, match="has one output, and no other class"):
        xaiplug.score(Sum(), X, ex, "random-logit")
    with pytest.raises(ComponentError, match="no weights that could be drawn anew"):
        xaiplug.score(Sum(), X, ex, "mprt")


def test_entropy_of_a_histogram():
    found = entropy(torch.tensor([[0.0, 0.1, 0.9, 1.0], [0.0, 0.3, 0.6, 1.0]], dtype=torch.float64), 4)
    assert found.tolist() == pytest.approx([math.log(2), math.log(4)])
