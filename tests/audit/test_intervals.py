"""Intervals over samples and choices: known values, and their coverage in simulation."""

import math

import numpy as np
import pytest
from scipy import stats

from xaiplug.audit.intervals import differ, over_both, over_samples, samples_needed

STUDIES = 3000


def test_of_samples_alone_it_is_students_interval():
    values = np.random.default_rng(0).normal(1, 2, 30)
    expected = stats.ttest_1samp(values, 0).confidence_interval(0.95)
    found = over_samples(values)
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_undefined_samples_are_left_out():
    values = np.array([1.0, np.nan, 2.0, 3.0])
    assert over_samples(values) == over_samples(values[np.isfinite(values)])
    assert over_samples(values).samples == 3


def test_choices_that_agree_widen_nothing():
    row = np.random.default_rng(0).normal(0, 1, 40)
    both, alone = over_both(np.stack([row] * 5)), over_samples(row)
    assert (both.low, both.high) == pytest.approx((alone.low, alone.high))


def test_samples_that_agree_leave_the_interval_of_the_choices():
    levels = np.array([0.1, 0.4, 0.2, 0.9])
    expected = stats.ttest_1samp(levels, 0).confidence_interval(0.95)
    found = over_both(np.repeat(levels[:, None], 50, 1))
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high))


def test_two_choices_give_no_interval_over_choices():
    assert math.isnan(over_both(np.random.default_rng(0).normal(0, 1, (2, 30))).low)


def test_copies_of_samples_are_worth_nothing():
    values = np.random.default_rng(0).normal(0, 1, (4, 20))
    copied, groups = np.repeat(values, 3, 1), np.repeat(np.arange(20), 3)
    one, other = over_both(values), over_both(copied, groups.tolist())
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    assert other.groups == 20


@pytest.mark.parametrize(("samples", "choices", "shared"), [(24, 5, 0.7), (24, 5, 0.0), (60, 20, 0.7)])
def test_choices_of_one_effect_rarely_differ_whatever_their_scales(samples, choices, shared):
    rng, count, seen = np.random.default_rng(1), 400, 0
    for _ in range(count):
        both = shared**0.5 * rng.normal(size=samples)
        values = 0.4 + both + (1 - shared) ** 0.5 * rng.normal(size=(choices, samples))
        seen += differ(values * rng.uniform(0.1, 3, (choices, 1)))
    assert seen <= 0.05 * count + 2 * (0.05 * 0.95 * count) ** 0.5


def test_choices_differ_where_one_has_no_effect():
    rng = np.random.default_rng(0)
    values = rng.normal(size=60) + rng.normal(size=(3, 60))
    assert differ(values + np.array([[2.0], [2.0], [0.0]]))
    assert not differ(values[:, :1])


def simulated(rng, choices, groups, size, of_choices, skewed):
    """Studies (STUDIES,choices,groups*size) of mean 0 whose samples depend on each other in groups of `size`."""
    draw = (lambda *shape: rng.exponential(1, shape) - 1) if skewed else (lambda *shape: rng.normal(0, 1, shape))
    shape = STUDIES, choices, groups * size
    grouped = np.repeat(draw(STUDIES, 1, groups), size, 2) + 0.5 * np.repeat(draw(STUDIES, choices, groups), size, 2)
    return grouped + draw(STUDIES, 1, shape[2]) + rng.normal(0, of_choices, (STUDIES, choices, 1)) + draw(*shape)


@pytest.mark.parametrize("of_choices", [0.0, 0.3, 3.0])
@pytest.mark.parametrize(
    ("choices", "groups", "size", "skewed"),
    [(3, 40, 1, False), (3, 20, 3, False), (4, 20, 1, False), (5, 16, 4, False), (8, 40, 2, False), (4, 60, 1, True)],
)
def test_the_interval_covers_95_percent_with_dependent_samples_and_few_choices(
    choices, groups, size, skewed, of_choices
):
    rng = np.random.default_rng(choices)
    whose = np.repeat(np.arange(groups), size).tolist()
    studies = simulated(rng, choices, groups, size, of_choices, skewed)
    found = [over_both(study, whose) for study in studies]
    assert np.mean([one.low <= 0 <= one.high for one in found]) == pytest.approx(0.95, abs=0.02)


def test_violator_samples_taken_as_independent_cover_far_less():
    """The same studies, with their groups forgotten, and with choices taken as they are."""
    studies = simulated(np.random.default_rng(0), 4, 16, 4, 0.0, False)[:1000]
    forgotten = [over_both(study) for study in studies]
    assert np.mean([one.low <= 0 <= one.high for one in forgotten]) < 0.85
    studies = simulated(np.random.default_rng(0), 3, 20, 1, 1.0, False)[:1000]
    as_they_are = [over_samples(study.mean(0)) for study in studies]
    assert np.mean([one.low <= 0 <= one.high for one in as_they_are]) < 0.85


def test_samples_needed_are_those_of_a_paired_test():
    """With the number told, 80 % of studies leave 0 out."""
    rng, needed = np.random.default_rng(0), samples_needed(2.0, 0.5)
    assert needed == 126
    studies = rng.normal(0.5, 2.0, (2000, int(needed)))
    assert np.mean([over_samples(study).above for study in studies]) == pytest.approx(0.8, abs=0.03)
    assert samples_needed(1.0, 0.0) == math.inf
