"""Games with known total Sobol indices."""

import pytest
import torch
from torch import nn

import xaiplug


class Formula(nn.Module):
    def __init__(self, formula):
        super().__init__()
        self.formula = formula

    def forward(self, x):
        return self.formula(x)


def explained(formula, x, **options):
    options = {"baseline": torch.zeros(x.shape[1:]), **options}
    return xaiplug.explain(Formula(formula), x, "sobol", **options).attribution


def ones(n, batch=1):
    return torch.ones(batch, n, dtype=torch.float64)


def test_an_additive_game_shares_by_squares_of_its_weights():
    weights = torch.tensor([1.0, -2.0, 3.0, 0.0], dtype=torch.float64)
    found = explained(lambda x: x @ weights, ones(4))
    torch.testing.assert_close(found, (weights.square() / weights.square().sum())[None])


@pytest.mark.parametrize(
    ("formula", "n", "expected"),
    [
        (lambda x: x[:, 0] * x[:, 1], 2, [2 / 3, 2 / 3]),
        ((lambda x: (2 * x[:, 0] - 1) * (2 * x[:, 1] - 1)), 2, [1.0, 1.0]),  # all of it is done together
        (lambda x: x[:, 0] + x[:, 1] * x[:, 2], 3, [4 / 7, 2 / 7, 2 / 7]),
        (lambda x: 0 * x[:, 0] + 5, 2, [0.0, 0.0]),
        (lambda x: 1e6 + 1e-12 * x[:, 0], 2, [0.0, 0.0]),  # what is left of it is rounding
    ],
)
def test_games_by_definition(formula, n, expected):
    found = explained(formula, ones(n))
    torch.testing.assert_close(found, torch.tensor([expected], dtype=torch.float64))


def test_it_is_the_variance_that_is_left_when_all_others_are_known():
    torch.manual_seed(0)
    net = nn.Sequential(nn.Linear(6, 16), nn.Tanh(), nn.Linear(16, 1)).double()
    every = torch.tensor([[c >> i & 1 for i in range(6)] for c in range(64)], dtype=torch.float64)
    worths = net(every)[:, 0].detach()
    expected = []
    for i in range(6):
        pair = torch.stack([worths[every[:, i] == value] for value in (0, 1)])
        expected.append(pair.var(0, correction=0).mean() / worths.var(correction=0))
    found = xaiplug.explain(net, ones(6), "sobol", baseline=torch.zeros(6)).attribution
    torch.testing.assert_close(found[0], torch.stack(expected))


def test_draws_come_near_and_what_does_nothing_has_nothing():
    weights = torch.linspace(0, 2, 12, dtype=torch.float64)
    expected = weights.square() / weights.square().sum()
    found = explained(lambda x: x @ weights, ones(12), samples=256)
    assert (found[0] - expected).abs().max() < 0.3 * expected.max()  # three standard errors of 256 draws' variance
    assert found[0, 0] == 0
    plain = explained(lambda x: x @ weights, ones(12), samples=400)  # 4096 coalitions are fewer than 400 · 13
    torch.testing.assert_close(plain[0], expected)


def test_draws_belong_to_the_sample_whatever_others_have_for_groups(monkeypatch):
    labels = torch.arange(12).expand(2, 12).clone()
    labels[1] //= 2
    x = torch.rand(2, 12, dtype=torch.float64, generator=torch.Generator().manual_seed(3))

    def run(rows):
        return explained(lambda x: (x.sum(1) ** 2).sin(), x[rows], samples=4, segmenter=labels[rows])

    whole = run([0, 1])
    assert whole[1, 6:].isnan().all()
    torch.testing.assert_close(run([0]), whole[:1])
    torch.testing.assert_close(run([1]), whole[1:, :6])
    monkeypatch.setattr("xaiplug_classic.sobol._HELD", 1)
    torch.testing.assert_close(run([0, 1]), whole, equal_nan=True)
