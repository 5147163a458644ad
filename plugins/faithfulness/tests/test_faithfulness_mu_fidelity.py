"""μ-fidelity: the spec's numbers, scipy as oracle, draws that belong to the sample."""

import numpy as np
import pytest
import torch
from scipy.stats import pearsonr, rankdata
from torch import nn

import xaiplug
from xaiplug import Explanation, Target, component
from xaiplug.testing import metric_checks
from xaiplug_faithfulness.mu_fidelity import pearson, ranks

CHECKS = metric_checks([("mu-fidelity", {"samples": 20, "grid": 4})])


@pytest.mark.parametrize("check", CHECKS)
def test_conformance(check):
    check()


def linear(generator):
    net = nn.Sequential(nn.Flatten(), nn.Linear(81, 1, bias=False)).double()
    with torch.no_grad():
        net[1].weight.copy_(torch.randn(1, 81, generator=generator))
    return net


def test_oracles_of_a_linear_model():
    """Of 81 cells, exact attributions: 1 with sums; about .58 with means (spec B8; here the mean over 20 models)."""
    generator = torch.Generator().manual_seed(0)
    found = {"sum": [], "mean": []}
    for _ in range(20):
        net, x = linear(generator), torch.rand(2, 1, 9, 9, generator=generator).double()
        ex = Explanation(net[1].weight.detach().view(1, 1, 9, 9) * x)
        for reduce, values in found.items():
            values.append(xaiplug.score(net, x, ex, "mu-fidelity", reduce=reduce).values)
    torch.testing.assert_close(torch.cat(found["sum"]), torch.ones(40).double())
    assert 0.5 < torch.cat(found["mean"]).mean() < 1


def test_pearson_of_a_linear_model_is_1():
    generator = torch.Generator().manual_seed(1)
    net, x = linear(generator), torch.rand(2, 1, 9, 9, generator=generator).double()
    ex = Explanation(net[1].weight.detach().view(1, 1, 9, 9) * x)
    found = xaiplug.score(net, x, ex, "mu-fidelity", reduce="sum", correlation="pearson")
    torch.testing.assert_close(found.values, torch.ones(2).double())
    assert found.better == "higher"
    opposite = xaiplug.score(net, x, ex.replace(attribution=-ex.attribution), "mu-fidelity", reduce="sum")
    torch.testing.assert_close(opposite.values, -torch.ones(2).double())


def test_constant_sides_have_no_correlation():
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(75, 1)), torch.rand(2, 3, 5, 5)
    flat = Explanation(torch.zeros(2, 3, 5, 5))
    assert xaiplug.score(net, x, flat, "mu-fidelity").values.isnan().all()
    with torch.no_grad():
        net[1].weight.zero_()
    assert xaiplug.score(net, x, Explanation(torch.rand(2, 3, 5, 5)), "mu-fidelity").values.isnan().all()


def test_equals_a_loop_over_the_sets():
    net = nn.Sequential(nn.Flatten(), nn.Linear(192, 5), nn.Tanh(), nn.Linear(5, 3)).double()
    x = torch.rand(1, 3, 8, 8).double()
    ex = xaiplug.explain(net, x, "gradient", target=1)
    found = xaiplug.score(net, x, ex, "mu-fidelity", grid=4, samples=30, seed=3).values.item()
    drawn = []

    class Draw(xaiplug.Explainer):
        def explain(self, query):
            drawn.append(query.randint(2**24, 30, 16)[0] < round(0.2 * 2**24))
            return query.inputs

    xaiplug.explain(net, x, Draw(), seed=3)
    sides, whole = [], net(x).softmax(1)[0, 1]
    for cells in drawn[0]:
        removed = cells.view(4, 4).repeat_interleave(2, 0).repeat_interleave(2, 1)
        mean = ex.attribution[0].sum(0)[removed].mean().item() if removed.any() else 0.0
        sides.append((mean, (whole - net(x * ~removed).softmax(1)[0, 1]).item()))
    means, drops = (rankdata(np.round(side, 12)) for side in zip(*sides, strict=True))
    assert found == pytest.approx(pearsonr(means, drops).statistic, abs=1e-9)


def test_draws_belong_to_the_sample():
    net, x = nn.Sequential(nn.Flatten(), nn.Linear(300, 3)).double(), torch.rand(3, 3, 10, 10).double()
    ex = xaiplug.explain(net, x, "gradient", target=0)
    metric = component("metric", "mu-fidelity", samples=40)
    together = xaiplug.score(net, x, ex, metric).values
    for row in range(3):
        part = Explanation(ex.attribution[row : row + 1], target=Target(ex.target.index[row : row + 1]))
        alone = xaiplug.score(net, x[row : row + 1], part, metric, max_batch=3).values
        torch.testing.assert_close(alone[0], together[row], rtol=1e-12, atol=1e-12)


def test_rows_have_a_cell_each():
    net = nn.Linear(6, 1).double()
    ex = Explanation(net.weight.detach().expand(2, 6).clone())
    found = xaiplug.score(net, torch.ones(2, 6).double(), ex, "mu-fidelity", reduce="sum", correlation="pearson")
    torch.testing.assert_close(found.values, torch.ones(2).double())


def test_ranks_and_pearson_against_scipy():
    values = torch.randint(0, 5, (4, 30)).double()
    np.testing.assert_array_equal(ranks(values).numpy() + 1, np.stack([rankdata(row) for row in values.numpy()]))
    a, b = torch.randn(4, 30).double(), torch.randn(4, 30).double()
    want = [pearsonr(x, y).statistic for x, y in zip(a.numpy(), b.numpy(), strict=True)]
    np.testing.assert_allclose(pearson(a, b).numpy(), want)
