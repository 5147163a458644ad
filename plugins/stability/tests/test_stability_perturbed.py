"""How far maps move near an input, where the prediction stays."""

import pytest
import torch
from torch import nn

import xaiplug

X = torch.rand(3, 12, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


class Seen(xaiplug.Explainer):
    """Gradient times input, and what it was asked about."""

    def explain(self, query):
        ASKED.append(query.inputs)
        return query.gradient(query.inputs) * query.inputs


ASKED: list = []


class ByClass(xaiplug.Explainer):
    """1 where class 1 is predicted, 100 where class 0 is."""

    def explain(self, query):
        told = torch.where(query.logits.argmax(1) == 1, 1.0, 100.0).to(query.inputs)
        return told[:, None].expand_as(query.inputs).clone()


def linear(weight):
    net = nn.Linear(12, 2).double()
    with torch.no_grad():
        net.weight.copy_(torch.stack([torch.zeros_like(weight), weight]))
        net.bias.zero_()
    return net


def test_a_linear_map_of_equal_weights_moves_by_just_that_weight():
    net = linear(torch.full((12,), -3.0))
    ex = xaiplug.explain(net, X, Seen(), target=1)
    found = xaiplug.score(net, X, ex, "local-lipschitz")
    assert found.values.tolist() == pytest.approx([3.0] * 3)
    assert found.extras["filtered"].tolist() == [0.0] * 3
    assert found.better == "lower"
    gradient = xaiplug.explain(net, X, "gradient", target=1)
    for metric in ("local-lipschitz", "max-sensitivity"):
        assert xaiplug.score(net, X, gradient, metric).values.tolist() == [0.0] * 3


def test_both_are_the_largest_over_the_inputs_that_were_asked():
    weight = torch.linspace(1, 4, 12, dtype=torch.float64)
    net = linear(weight)
    ex = xaiplug.explain(net, X, Seen(), target=1)
    for metric, radius in (("max-sensitivity", 0.02), ("local-lipschitz", 0.1)):
        ASKED.clear()
        found = xaiplug.score(net, X, ex, metric, samples=6, seed=2).values
        near = torch.stack(ASKED)
        assert near.shape == (6, 3, 12)
        assert 0.8 * radius < (near - X).abs().max() <= radius
        moved, apart = (weight * (near - X)).norm(dim=2), (near - X).norm(dim=2)
        per = (weight * X).norm(dim=1) if metric == "max-sensitivity" else apart
        torch.testing.assert_close(found, (moved / per).amax(0))


def test_captum_has_the_same_sensitivity_of_the_same_inputs():
    metrics = pytest.importorskip("captum.metrics")
    weight = torch.linspace(1, 4, 12, dtype=torch.float64)
    net = linear(weight)
    ex = xaiplug.explain(net, X, Seen(), target=1)
    ASKED.clear()
    found = xaiplug.score(net, X, ex, "max-sensitivity", samples=4).values
    near = torch.stack(ASKED)
    theirs = metrics.sensitivity_max(
        lambda x: (weight * (x if isinstance(x, torch.Tensor) else x[0]),),
        X,
        perturb_func=lambda inputs, radius: near.transpose(0, 1).reshape(-1, 12),
        n_perturb_samples=4,
        max_examples_per_batch=12,
    )
    torch.testing.assert_close(found, theirs.double())


def test_inputs_of_another_prediction_do_not_count():
    net = linear(torch.ones(12))
    x = torch.zeros(1, 12, dtype=torch.float64) + torch.tensor([[0.001], [-0.001], [5.0]], dtype=torch.float64)
    ex = xaiplug.explain(net, x, ByClass())
    for metric in ("local-lipschitz", "max-sensitivity"):
        found = xaiplug.score(net, x, ex, metric, samples=40)
        assert found.values.tolist() == [0.0] * 3
        share = found.extras["filtered"].tolist()
        assert 0.2 < share[0] < 0.8
        assert 0.2 < share[1] < 0.8
        assert share[2] == 0
        assert f"filtered {sum(share) / 3:.3g}" in repr(found)


def test_where_no_input_is_left_there_is_no_value():
    class Spike(nn.Module):
        def forward(self, x):
            return 1e-6 - (x - X[:1]).abs().sum(1, keepdim=True)

    x = torch.stack([X[0], X[0] + 1])
    found = xaiplug.score(Spike(), x, xaiplug.explain(Spike(), x, "gradient"), "max-sensitivity")
    assert found.values.isnan().tolist() == [True, False]
    assert found.extras["filtered"].tolist() == [1.0, 0.0]


def test_pixels_stay_in_the_range_of_the_model():
    net = xaiplug.Model(nn.Sequential(nn.Flatten(), nn.Linear(12, 2)).double(), input_range=(0, 1))
    x = torch.tensor([0.0, 1.0], dtype=torch.float64).repeat(6).view(1, 3, 2, 2)
    ex = xaiplug.explain(net, x, Seen(), target=1)
    ASKED.clear()
    xaiplug.score(net, x, ex, "max-sensitivity", radius=0.3)
    near = torch.stack(ASKED)
    assert 0 <= near.min() <= near.max() <= 1
