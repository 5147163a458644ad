"""Shapley interaction indices: by definition, of known games, and without bias where they are drawn."""

from itertools import combinations, pairwise
from math import comb

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug import FeatureGroups
from xaiplug.testing import explainer_checks
from xaiplug_classic.shapley_interactions import covering_paths


class Formula(nn.Module):
    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


def explained(network, n, batch=1, **options):
    x = torch.ones(batch, n, dtype=torch.float64) + torch.arange(batch)[:, None]
    network = network if isinstance(network, nn.Module) else Formula(network)
    return xaiplug.explain(network, x, "shapley-interactions", baseline=torch.zeros(n), **options)


def table(explanation, row=0):
    """Pair -> value."""
    members, values = explanation.sets.members[row], explanation.sets.values[row]
    return {tuple(one.nonzero().flatten().tolist()): value for one, value in zip(members, values.tolist(), strict=True)}


def mixed(n):
    """A game with interactions of every order, and its indices by definition."""
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(n, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    with torch.no_grad():
        v = net(torch.tensor([[c >> i & 1 for i in range(n)] for c in range(2**n)], dtype=torch.float64))[:, 0].tolist()
    exact = {}
    for i, j in combinations(range(n), 2):
        rest = [c for c in range(2**n) if not c >> i & 1 and not c >> j & 1]
        exact[i, j] = sum(
            (v[c | 1 << i | 1 << j] - v[c | 1 << i] - v[c | 1 << j] + v[c]) / ((n - 1) * comb(n - 2, c.bit_count()))
            for c in rest
        )
    return net, exact


def test_few_groups_are_exact_by_definition():
    net, exact = mixed(6)
    found = explained(net, 6)
    assert table(found) == pytest.approx(exact)
    assert found.sets.values.abs().diff(dim=1).le(0).all()
    assert (found.extras["standard_error"] == 0).all()
    shapley = xaiplug.explain(net, torch.ones(1, 6).double(), "shapley-sampling", baseline=torch.zeros(6))
    torch.testing.assert_close(found.attribution, shapley.attribution)


def test_the_product_of_three_is_shared_by_its_pairs():
    """x0 x1 x2 has I = 1/2 for each of its pairs: Δ_01 is 1 where 2 is there, which is half of the sets."""
    found = table(explained(lambda x: x[:, 0] * x[:, 1] * x[:, 2] + 3 * x[:, 3], 4))
    assert found == pytest.approx({(0, 1): 0.5, (0, 2): 0.5, (1, 2): 0.5, (0, 3): 0, (1, 3): 0, (2, 3): 0})


@pytest.mark.parametrize("n", [9, 12])
def test_a_game_of_pairs_is_exact_in_one_round(n):
    torch.manual_seed(n)
    weights = torch.randn(n, n, dtype=torch.float64).triu(1)
    found = explained(lambda x: ((x @ weights) * x).sum(1) + 2 * x[:, 0], n, rounds=1)
    assert table(found) == pytest.approx({(i, j): weights[i, j].item() for i, j in combinations(range(n), 2)})
    assert found.extras["standard_error"].isnan().all()
    assert found.residual.abs().max() < 1e-12


@pytest.mark.parametrize("n", [9, 10])
def test_drawn_indices_have_no_bias_and_honest_errors(n):
    net, exact = mixed(n)
    found = explained(lambda x: net((x > 0).double()), n, batch=200, rounds=2)  # every sample has draws of its own
    drawn = torch.tensor([[table(found, row)[pair] for pair in exact] for row in range(200)])
    gap = (drawn.mean(0) - torch.tensor(list(exact.values()))) / (drawn.std(0) / 200**0.5)
    assert gap.abs().max() < 4
    told = found.extras["standard_error"].square().mean(1).sqrt().mean()
    assert told == pytest.approx(float(drawn.var(0).mean().sqrt()), rel=0.2)


@pytest.mark.parametrize("count", [2, 8, 14])
def test_paths_visit_every_pair_once(count):
    paths = covering_paths(count)
    pairs = [tuple(sorted(pair)) for path in paths.tolist() for pair in pairwise(path)]
    assert sorted(pairs) == list(combinations(range(count), 2))
    assert (paths.sort(1).values == torch.arange(count)).all()


def test_samples_of_unequal_numbers_of_groups_are_explained_alike():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(22, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    x = torch.rand(2, 22, dtype=torch.float64)
    groups = torch.stack([torch.arange(22), torch.arange(22) // 2])
    given = {"baseline": torch.zeros(22), "rounds": 1}
    both, alone = (
        xaiplug.explain(
            net, x[rows], "shapley-interactions", segmenter=FeatureGroups.from_labels(groups[rows]), **given
        )
        for rows in ([0, 1], [1])
    )
    assert both.sets.values.isfinite().sum(1).tolist() == [231, 55]
    torch.testing.assert_close(both.sets.values[1, :55], alone.sets.values[0])
    torch.testing.assert_close(both.attribution[1, :11], alone.attribution[0])


@pytest.mark.parametrize("check", explainer_checks(["shapley-interactions"]))
def test_conformance(check):
    check()
