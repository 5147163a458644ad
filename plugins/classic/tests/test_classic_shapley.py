"""Games with known Shapley values; captum and sklearn as oracles."""

from math import comb

import pytest
import torch
from captum.attr import ShapleyValues
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import xaiplug
from xaiplug import FeatureGroups
from xaiplug.errors import ComponentError

SHAPLEY = ["kernel-shap", "shapley-sampling"]
GAMES = [*SHAPLEY, "lime"]


class Formula(nn.Module):
    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


def explained(name, formula, x, **options):
    options = {"baseline": torch.zeros(x.shape[1:])} | options
    return xaiplug.explain(Formula(formula) if not isinstance(formula, nn.Module) else formula, x, name, **options)


def ones(n, batch=1):
    return torch.ones(batch, n, dtype=torch.float64)


def mixed(n, seed=0):
    """A game with interactions of every order over n players, and its exact Shapley values at ones, by definition."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(n, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    z = torch.tensor([[c >> i & 1 for i in range(n)] for c in range(2**n)], dtype=torch.float64)
    v = net(z)[:, 0].tolist()
    exact = [
        sum((v[c | 1 << i] - v[c]) / (n * comb(n - 1, c.bit_count())) for c in range(2**n) if not c >> i & 1)
        for i in range(n)
    ]
    return net, torch.tensor([exact], dtype=torch.float64)


@pytest.mark.parametrize("name", SHAPLEY)
def test_and_game(name):
    ex = explained(name, lambda x: x[:, 0] * x[:, 1], ones(2))
    torch.testing.assert_close(ex.attribution, torch.full((1, 2), 0.5, dtype=torch.float64))
    assert ex.residual.abs().max() < 1e-12


@pytest.mark.parametrize("name", SHAPLEY)
def test_three_players_of_the_spec(name):
    """v(S) = max of {2,2,1}-type glove game: exact values are (1,1,1) for 2·2·1 votes with quota 3."""
    ex = explained(name, lambda x: 3.0 * ((2 * x[:, 0] + 2 * x[:, 1] + x[:, 2]) >= 3).to(x), ones(3))
    torch.testing.assert_close(ex.attribution, ones(3), rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", SHAPLEY)
def test_small_games_are_exact(name):
    net, exact = mixed(7)
    torch.testing.assert_close(explained(name, net, ones(7)).attribution, exact, rtol=1e-10, atol=1e-12)


def test_exact_values_are_captums():
    net, exact = mixed(5)
    theirs = ShapleyValues(net).attribute(ones(5), torch.zeros(1, 5, dtype=torch.float64))
    torch.testing.assert_close(exact, theirs.view(1, 5).double(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", SHAPLEY)
@pytest.mark.parametrize("options", [{}, {"draw": True}])
def test_linear_models_give_their_terms(name, options):
    net = nn.Linear(12, 1).double()
    x = torch.rand(2, 12, dtype=torch.float64)
    few = {} if not options else {"orders": 4} if name == "shapley-sampling" else {"samples": 60}
    ex = explained(name, net, x, **few)
    torch.testing.assert_close(ex.attribution, (net.weight * x).detach(), rtol=1e-9, atol=1e-11)
    assert ex.extras.get("standard_error", torch.zeros(1)).max() < 1e-12


def test_lime_of_an_additive_score_without_penalty_is_its_terms():
    net = nn.Linear(12, 1).double()
    x = torch.rand(2, 12, dtype=torch.float64)
    ex = explained("lime", net, x, ridge=0.0, samples=200)
    torch.testing.assert_close(ex.attribution, (net.weight * x).detach(), rtol=1e-8, atol=1e-10)
    torch.testing.assert_close(ex.extras["intercept"], net.bias.detach().expand(2))
    torch.testing.assert_close(ex.extras["r2"], torch.ones(2).double())


def test_lime_is_sklearns_ridge():
    linear_model = pytest.importorskip("sklearn.linear_model")
    net, _ = mixed(6)
    ex = explained("lime", net, ones(6), samples=64, ridge=0.3)
    z = torch.tensor([[c >> i & 1 for i in range(6)] for c in range(64)], dtype=torch.float64)
    weights = torch.exp(-(((1 - (z.mean(1)).sqrt()) / 0.25) ** 2))
    fit = linear_model.Ridge(alpha=0.3).fit(z, net(z).detach()[:, 0], sample_weight=weights)
    torch.testing.assert_close(ex.attribution[0], torch.from_numpy(fit.coef_).double(), rtol=1e-8, atol=1e-10)
    assert ex.extras["intercept"].item() == pytest.approx(float(fit.intercept_), abs=1e-9)


@pytest.mark.parametrize(("name", "few"), [("kernel-shap", {"samples": 120}), ("shapley-sampling", {"orders": 12})])
def test_draws_are_unbiased_over_64_seeds(name, few):
    net, exact = mixed(10, seed=3)
    draws = torch.cat([explained(name, net, ones(10), seed=s, **few).attribution for s in range(64)])
    assert draws.std(0).min() > 0, "drawn, not exact"
    z = (draws.mean(0) - exact[0]) / (draws.std(0) / 8)
    assert z.abs().max() < 4
    assert (draws.sum(1) - exact.sum()).abs().max() < 1e-10


def test_standard_errors_tell_the_spread_over_seeds():
    net, _ = mixed(10, seed=3)
    runs = [explained("shapley-sampling", net, ones(10), seed=s, orders=40) for s in range(48)]
    spread = torch.cat([ex.attribution for ex in runs]).std(0)
    told = torch.cat([ex.extras["standard_error"] for ex in runs]).pow(2).mean(0).sqrt()
    torch.testing.assert_close(told, spread, rtol=0.4, atol=0)


def test_an_order_costs_one_forward_per_group():
    net, _ = mixed(16)
    ex = explained("shapley-sampling", net, ones(16), orders=2)
    assert ex.meta["forwards"] <= 2 * 15 + 2 + 3


def test_few_samples_for_many_groups_warn():
    with pytest.warns(UserWarning, match="2 per group"):
        explained("kernel-shap", nn.Linear(40, 1).double(), ones(40), samples=50)


NET = nn.Sequential(nn.Flatten(), nn.Linear(3 * 64, 6), nn.Tanh(), nn.Linear(6, 3))
LABELS = torch.stack([torch.arange(64).view(8, 8) // 4, torch.arange(64).view(8, 8) % 5, torch.zeros(8, 8).long() - 1])
LABELS[2, :4] = 0
LABELS[2, 6:] = 1
FEW = {"kernel-shap": {"samples": 60}, "shapley-sampling": {"orders": 6}, "lime": {"samples": 60}}


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_draws_belong_to_the_sample(name, dtype):
    """Samples with 16, 5 and 2 groups: each the same alone and together."""
    net, x = NET.to(dtype), torch.linspace(0, 1, 3 * 192).view(3, 3, 8, 8).to(dtype)
    batch = xaiplug.explain(net, x, name, target=1, segmenter=LABELS, baseline="black", **FEW[name])
    assert batch.attribution.dtype == dtype
    assert batch.level == "group"
    tolerance = 1e-11 if dtype == torch.float64 else 2e-5
    for b, count in enumerate((16, 5, 2)):
        alone = xaiplug.explain(
            net, x[b : b + 1], name, target=1, segmenter=LABELS[b : b + 1], **FEW[name], max_batch=7
        )
        torch.testing.assert_close(batch.attribution[b, :count], alone.attribution[0], rtol=tolerance, atol=tolerance)
        assert batch.attribution[b, count:].isnan().all()
    NET.float()


@pytest.mark.parametrize("name", ["kernel-shap", "shapley-sampling"])
def test_no_group_at_all(name):
    groups = FeatureGroups.from_labels(torch.full((1, 8, 8), -1))
    ex = xaiplug.explain(NET, torch.rand(1, 3, 8, 8), name, segmenter=groups)
    assert ex.attribution.shape == (1, 0)


@pytest.mark.parametrize("groups", [0, 1])
def test_lime_refuses_fewer_than_two_groups(groups):
    """A slope through two points is the ridge's: 4.6e-5 came out where the one group brings .406."""
    labels = torch.full((1, 8, 8), groups - 1)
    with pytest.raises(ComponentError, match=r"'lime' .*needs at least 2 in every sample"):
        xaiplug.explain(NET, torch.rand(1, 3, 8, 8), "lime", segmenter=FeatureGroups.from_labels(labels))


@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("shape", [(6, 4), (7,)])
def test_embeddings_and_rows_have_a_group_per_position(name, shape):
    net = nn.Sequential(nn.Flatten(), nn.Linear(torch.Size(shape).numel(), 3))
    ex = xaiplug.explain(net, torch.rand(2, *shape), name, baseline="black")
    assert ex.attribution.shape == (2, shape[0])


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 8), st.integers(0, 10**6))
def test_laws_of_the_shapley_value(n, seed):
    """Two ways to the same value; efficiency, symmetry and null player."""
    torch.manual_seed(seed)
    net = nn.Sequential(nn.Linear(n, 5), nn.Tanh(), nn.Linear(5, 1)).double()
    with torch.no_grad():
        net[0].weight[:, 0] = 0
        net[0].weight[:, n - 1] = net[0].weight[:, n - 2]
    kernel, orders = (explained(name, net, ones(n)).attribution[0] for name in SHAPLEY)
    torch.testing.assert_close(kernel, orders, rtol=1e-8, atol=1e-10)
    total = (net(ones(n)) - net(0 * ones(n))).item()
    assert orders.sum().item() == pytest.approx(total, abs=1e-10)
    assert abs(orders[0].item()) < 1e-12 or n == 2
    assert orders[n - 1].item() == pytest.approx(orders[n - 2].item(), abs=1e-10)
