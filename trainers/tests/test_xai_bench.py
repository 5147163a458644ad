"""The exact game of XAI-BENCH against simulation."""

import pytest
import torch

from xaiplug_trainers.analytic import coalitions
from xaiplug_trainers.data.piecewise import expected_sum, games, labels, parts
from xaiplug_trainers.tasks import xai_bench

DRAWS = torch.randn(200_000, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


def test_parts_at_chosen_points():
    x = torch.tensor([[0.0, -0.6, 0.1, 9, 9], [-0.1, -0.5, 0.4, 0, 0], [1, 0.0, 0.6, 0, 0], [1, 0.5, 1.0, 0, 0]])
    assert parts(x).tolist() == [[1, -2, 1], [-1, -1, 0], [1, 1, -1], [1, 2, -2]]
    assert parts(x, "upstream").tolist() == [[1, -2, 1], [-1, 0, 1], [1, 1, 1], [1, 2, -2]]


@pytest.mark.parametrize("variant", ["paper", "upstream"])
def test_expected_sum_agrees_with_simulation(variant):
    assert expected_sum(variant) == pytest.approx(parts(DRAWS, variant).sum(1).double().mean().item(), abs=0.02)


@pytest.mark.parametrize("variant", ["paper", "upstream"])
def test_conditional_expectations_agree_with_simulation(variant):
    rows = DRAWS[:6]
    game = games(rows, variant)
    for column, members in enumerate(coalitions(5)):
        for row, exact in zip(rows, game[:, column], strict=True):
            simulated = labels(torch.where(members, row, DRAWS), variant).double().mean()
            assert abs(simulated - exact) < 0.006


def test_truth_is_efficient_and_the_last_two_features_are_dummies():
    samples = xai_bench.samples("test", limit=200)
    game, values = samples.extras["game"], samples.extras["shapley"]
    assert torch.allclose(values.sum(1), game[:, -1] - game[:, 0], atol=1e-12)
    assert torch.equal(game[:, -1].long(), samples.labels)
    assert values[:, 3:].abs().max() < 1e-12
