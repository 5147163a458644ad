"""The closed forms of SET-SUM against brute force, and against the numbers printed in the specification."""

import numpy as np
import pytest
import torch

from xaiplug_trainers.analytic import (
    brute_force_interactions,
    brute_force_shapley,
    coalitions,
    game_values,
    interactions,
    shapley,
)


def composites(count: int = 1000, players: int = 4) -> torch.Tensor:
    """Digits in a narrow range, so that repeats are common."""
    return torch.from_numpy(np.random.default_rng(0).integers(0, 5, (count, players)))


def all_values(digits: torch.Tensor) -> torch.Tensor:
    return torch.stack([game_values(digits, members) for members in coalitions(digits.shape[1])], dim=1)


def test_value_is_the_sum_of_the_different_digits():
    for digits in composites(50):
        for members in coalitions(4):
            expected = sum(set(digits[members].tolist()))
            assert game_values(digits[None], members).item() == expected


@pytest.mark.parametrize("players", [3, 4, 5])
def test_shapley_agrees_with_brute_force_on_a_thousand_composites(players):
    digits = composites(players=players)
    assert torch.allclose(shapley(digits), brute_force_shapley(all_values(digits)), atol=1e-12)


def test_shapley_is_double_precision_and_efficient():
    digits = composites()
    values = shapley(digits)
    assert values.dtype == torch.float64
    whole = game_values(digits, torch.ones(4, dtype=torch.bool))
    assert torch.allclose(values.sum(1), whole, atol=1e-12)


def test_interactions_agree_with_brute_force():
    digits = composites()
    values = all_values(digits)
    assert torch.allclose(interactions(digits), brute_force_interactions(values), atol=1e-12)
    for i in range(4):
        for j in set(range(4)) - {i}:
            pair = (1 << i) + (1 << j)
            alone = values[:, pair] - values[:, 1 << i] - values[:, 1 << j] + values[:, 0]
            assert torch.equal(interactions(digits, "empty")[:, i, j], alone)
            last = values[:, 15] - values[:, 15 - (1 << i)] - values[:, 15 - (1 << j)] + values[:, 15 - pair]
            assert torch.equal(interactions(digits, "rest")[:, i, j], last)


@pytest.mark.parametrize(
    ("digits", "expected"),
    [((2, 2, 1), (1, 1, 1)), ((5, 5, 3, 1), (2.5, 2.5, 3, 1)), ((7, 7, 7, 2), (7 / 3, 7 / 3, 7 / 3, 2))],
)
def test_printed_shapley_values(digits, expected):
    expected_values = torch.tensor([expected], dtype=torch.float64)
    assert torch.allclose(shapley(torch.tensor([digits])), expected_values, atol=1e-12)
