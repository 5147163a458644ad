"""Kendall's tau, flips and shares of variance: against scipy, and of rankings that are known."""

import math

import numpy as np
import pytest
from scipy import stats

from xaiplug.audit.audit import mean_tau
from xaiplug.audit.rankings import flipped, flips_by, kendall, ranks, tau_matrix, variance_shares
from xaiplug.audit.resampling import drawn_means, resampled


def test_tau_is_scipys_with_and_without_ties():
    rng = np.random.default_rng(0)
    for _ in range(50):
        one, two = rng.integers(0, 6, (2, 8)).astype(float)
        assert kendall(one, two) == pytest.approx(stats.kendalltau(one, two).statistic)


def test_tau_leaves_out_methods_without_a_value_and_knows_no_order_of_equals():
    assert kendall(np.array([1.0, 2.0, np.nan, 3.0]), np.array([1.0, 2.0, 9.0, 3.0])) == 1
    assert math.isnan(kendall(np.ones(3), np.arange(3.0)))


def test_ranks_share_the_middle():
    expected = stats.rankdata([-3.0, -1.0, -3.0, -2.0])
    assert ranks(np.array([3.0, 1.0, 3.0, 2.0])).tolist() == expected.tolist()


def test_tau_matrix_and_flips_of_a_ranking_turned_over():
    means = np.array([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    assert tau_matrix(means).tolist() == [[1, 1, -1], [1, 1, -1], [-1, -1, 1]]
    assert flipped(means) == 1
    assert flipped(means[:2]) == 0


LEVELS = [{"baseline": b, "seed": s} for b in ("black", "blur") for s in ("0", "1", "2")]


def test_the_factor_that_turns_the_ranking_is_named():
    turn = np.array([1.0 if level["baseline"] == "black" else -1.0 for level in LEVELS])
    means = turn[:, None] * np.array([3.0, 2.0, 1.0])
    assert flips_by(means, LEVELS) == {"baseline": 1.0, "seed": 0.0}


def test_variance_shares_are_those_of_the_analysis_of_variance():
    """2 x 3 choices: baseline +-3, seed -1, 0, 1, together 0.5 where both are the first."""
    base = {"black": 3.0, "blur": -3.0}
    values = np.array([[base[level["baseline"]] + int(level["seed"]) - 1 for level in LEVELS]])
    shares = variance_shares(values, LEVELS)
    assert shares == pytest.approx({"baseline": 9 / (9 + 2 / 3), "seed": 2 / 3 / (9 + 2 / 3), "together": 0})
    crossed = np.array([[(1.0, -1.0)[level["baseline"] == "blur"] * (int(level["seed"]) - 1) for level in LEVELS]])
    assert variance_shares(crossed, LEVELS) == pytest.approx({"baseline": 0, "seed": 0, "together": 1})


def test_one_factor_at_a_time_is_exact():
    levels = [
        {"baseline": "black", "steps": "1"},
        {"baseline": "blur", "steps": "1"},
        {"baseline": "black", "steps": "2"},
    ]
    shares = variance_shares(np.array([[0.0, 2.0, 1.0]]), levels)
    assert shares == pytest.approx({"baseline": 0.8, "steps": 0.2, "together": 0})


def test_nothing_that_varies_has_no_share():
    assert all(math.isnan(share) for share in variance_shares(np.full((1, 6), 5.0), LEVELS).values())


def test_noise_of_samples_is_taken_off():
    """One factor moves the difference by +-1, the other by nothing, 20 samples of sd 3: on average 1 and 0."""
    rng, shares = np.random.default_rng(0), []
    truth = np.array([1.0 if level["baseline"] == "black" else -1.0 for level in LEVELS])
    for seed in range(40):
        values = truth[:, None] + rng.normal(0, 3, (6, 20))
        draws = drawn_means(values[:, :, None], seed=seed)[:, None, :, 0]
        means = values.mean(1)[None]
        shares.append((variance_shares(means, LEVELS)["seed"], variance_shares(means, LEVELS, draws)["seed"]))
    raw, corrected = np.mean(shares, 0)
    assert corrected < 0.7 * raw


def test_the_interval_of_tau_covers_the_tau_of_all_samples():
    """Two metrics that agree on 4 of 6 pairs (tau 1/3); methods a standard error or three apart, samples shared."""
    one, two = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.0, 0.0, 3.0, 2.0])
    rng, held = np.random.default_rng(0), 0
    for seed in range(200):
        shared = rng.normal(0, 1, (1, 30, 1))
        values = np.concatenate(
            [one + shared + rng.normal(0, 2, (1, 30, 4)), two + shared + rng.normal(0, 2, (1, 30, 4))]
        )

        def tau(means):
            return kendall(means[..., :1, :], means[..., 1:, :])

        means, draws = values.mean(1), drawn_means(values, resamples=200, seed=seed)
        (found,) = resampled(tau, means, draws, samples=30, groups=30)
        held += found.low <= 1 / 3 <= found.high
    assert held / 200 >= 0.93


def test_draws_are_means_of_whole_groups_and_paired():
    values = np.random.default_rng(0).normal(0, 1, (2, 12, 3))
    draws = drawn_means(values, resamples=4000)
    assert draws.mean(0) == pytest.approx(values.mean(1), abs=0.02)
    assert draws.var(0) == pytest.approx(values.var(1) / 12, rel=0.1)
    grouped = drawn_means(values, groups=[0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3], resamples=4000)
    parts = values.reshape(2, 4, 3, 3).mean(2)
    assert grouped.var(0) == pytest.approx(parts.var(1) / 4, rel=0.1)
    assert (drawn_means(values[:, :, [0, 0]])[..., 0] == drawn_means(values[:, :, [0, 0]])[..., 1]).all()


def each_tau(means):
    return mean_tau(means)[..., None]


def taus(swap, of_choices, samples, noise, studies=150):
    """Share of studies of five choices whose interval holds the mean tau of two choices of their kind."""
    rng, quality = np.random.default_rng(0), np.arange(4.0)
    many = quality + rng.normal(0, of_choices, (20_000, 2, 4))
    truth, held = float(kendall(many[:, 0], many[:, 1]).mean()), 0
    for seed in range(studies):
        choices = quality + rng.normal(0, of_choices, (5, 1, 4))
        values = choices + rng.normal(0, noise, (5, samples, 4))
        draws = drawn_means(values, resamples=100, seed=seed)
        (found,) = resampled(each_tau, values.mean(1), draws, samples=samples, groups=samples, swap=swap)
        held += found.low - 1e-9 <= truth <= found.high + 1e-9
    return held / studies


@pytest.mark.parametrize("of_choices", [0.2, 0.3, 0.5, 1.0])
@pytest.mark.parametrize(("samples", "noise"), [(3, 1.0), (200, 1.0)])
def test_the_interval_of_tau_covers_where_few_choices_agree(of_choices, samples, noise):
    assert taus(2 / 3, of_choices, samples, noise) >= 0.93


def test_violator_choices_that_agree_are_taken_for_all_of_their_kind():
    assert taus(0.0, 0.3, 200, 1.0) < 0.85


def test_a_matrix_of_taus_is_every_pair_of_them():
    means = np.random.default_rng(0).integers(0, 4, (3, 5, 6)).astype(float)
    holed = means.copy()
    holed[1, 2, 3] = np.nan
    for given in (means, holed):
        for draw, found in zip(given, tau_matrix(given), strict=True):
            expected = [[stats.kendalltau(one, two, nan_policy="omit").statistic for two in draw] for one in draw]
            assert found == pytest.approx(np.array(expected), nan_ok=True)
