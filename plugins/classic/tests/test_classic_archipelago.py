"""ArchDetect and ArchAttribute on functions whose interactions are known."""

from itertools import combinations

import pytest
import torch
from torch import nn

import xaiplug
from xaiplug.testing import explainer_checks


class Formula(nn.Module):
    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


def explained(formula, x, baseline=None, **params):
    x = torch.tensor([x], dtype=torch.float64)
    baseline = torch.zeros_like(x[0]) if baseline is None else torch.tensor(baseline).double()
    return xaiplug.explain(Formula(formula), x, "archipelago", imputer="baseline", baseline=baseline, **params)


def sets_of(ex):
    return [set(one.nonzero().flatten().tolist()) for one in ex.sets.members[0]]


def test_and_game():
    ex = explained(lambda x: x[:, 0] * x[:, 1], [1, 1])
    assert ex.extras["pair_strength"][0].tolist() == [[0, 1], [1, 0]]
    assert sets_of(ex) == [{0, 1}]
    assert ex.sets.values.tolist() == [[1]]
    assert ex.attribution.tolist() == [[1, 1]]


def test_a_sum_has_no_islands_and_its_own_values():
    ex = explained(lambda x: (x * torch.tensor([1.0, -2.0, 3.0]).double()).sum(1) + 7, [1, 2, 0.5], [0.1, 0.1, 0.3])
    assert ex.sets.values.shape == (1, 0)
    torch.testing.assert_close(ex.attribution[0], torch.tensor([0.9, -3.8, 0.6], dtype=torch.float64))
    assert (ex.extras["pair_strength"] == 0).all()


def test_strength_is_the_mean_of_both_contexts():
    """f = x0 x1 + x1 x2 x3: the pair (2,3) interacts only where 1 is there."""
    ex = explained(lambda x: 2 * x[:, 0] * x[:, 1] + x[:, 1] * x[:, 2] * x[:, 3], [1, 1, 1, 1])
    strength = ex.extras["pair_strength"][0]
    assert strength[0, 1].item() == pytest.approx(4)
    assert strength[2, 3].item() == pytest.approx(0.5)
    assert strength[0, 2].item() == 0
    torch.testing.assert_close(strength, strength.T)


def test_overlapping_pairs_become_one_island():
    chain = lambda x: 3 * x[:, 0] * x[:, 1] + 2 * x[:, 1] * x[:, 2] + x[:, 4] * x[:, 5]  # noqa: E731
    ones = [1.0] * 6
    assert sets_of(explained(chain, ones, pairs=1)) == [{0, 1}]
    assert sets_of(explained(chain, ones, pairs=2)) == [{0, 1, 2}]
    ex = explained(chain, ones, pairs=5)
    assert sets_of(ex) == [{0, 1, 2}, {4, 5}]
    assert ex.sets.values.tolist() == [[5, 1]]
    assert ex.attribution.tolist() == [[5, 5, 5, 0, 1, 1]]
    negative = explained(lambda x: -chain(x) + x[:, 3], ones, paint="positive-islands")
    assert negative.attribution.tolist() == [[0] * 6]


def test_lengths_turn_differences_into_slopes():
    ex = explained(lambda x: x[:, 0] * x[:, 1], [2, 4], lengths="distance")
    assert ex.extras["pair_strength"][0, 0, 1].item() == pytest.approx(1)
    ex = explained(lambda x: x[:, 0] * x[:, 1], [2, 0], lengths="distance")
    assert ex.extras["pair_strength"][0, 0, 1].item() == 0


def test_every_pair_against_the_definition():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        net = nn.Sequential(nn.Linear(5, 8), nn.Tanh(), nn.Linear(8, 1)).double()
        x, baseline = torch.rand(1, 5).double(), torch.rand(5).double()
    ex = xaiplug.explain(net, x, "archipelago", imputer="baseline", baseline=baseline, tolerance=0.0)

    def worth(kept):
        return net(torch.where(torch.tensor([i in kept for i in range(5)]), x, baseline)).item()

    for i, j in combinations(range(5), 2):
        deltas = []
        for context in (set(), set(range(5)) - {i, j}):
            values = [worth(context | extra) for extra in ({i, j}, {i}, {j}, set())]
            deltas.append(values[0] - values[1] - values[2] + values[3])
        expected = sum(d**2 for d in deltas) / 2
        assert ex.extras["pair_strength"][0, i, j].item() == pytest.approx(expected, rel=1e-9)
    assert ex.meta["forwards"] <= 5 * 4 + 2 * 5 + 2 + (1 + 5 + 1) + 1  # the last: what the network says of the input


@pytest.mark.parametrize("check", explainer_checks(["archipelago", ("archipelago", {"lengths": "distance"})]))
def test_conformance(check):
    check()
