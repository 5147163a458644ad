from __future__ import annotations

import numpy as np

from xaiplug.view import bootstrap
from xaiplug.view.bootstrap import bootstrap_means, column_means, intervals


def normal(count: int, columns: int = 1) -> np.ndarray:
    return np.random.default_rng(1).normal(size=(count, columns))


def test_intervals_agree_with_theory():
    values = normal(400)
    low, high = intervals(values)
    error = values.std(ddof=1) / 20
    np.testing.assert_allclose([low, high], [values.mean(0) - 1.96 * error, values.mean(0) + 1.96 * error], atol=0.01)


def test_columns_are_resampled_together():
    values = normal(30)
    means = bootstrap_means(np.hstack([values, values + 1]))
    np.testing.assert_allclose(means[:, 1] - means[:, 0], 1)


def test_the_global_generator_is_neither_read_nor_moved():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    first = bootstrap_means(normal(10))
    np.random.seed(99)
    np.testing.assert_array_equal(first, bootstrap_means(normal(10)))
    np.random.seed(0)
    np.testing.assert_array_equal(before, np.random.get_state()[1])


def test_undefined_values_are_left_out():
    values = np.array([[1.0, np.nan], [3.0, np.nan], [np.nan, 5.0]])
    np.testing.assert_allclose(column_means(values), [2.0, 5.0])
    low, high = intervals(values)
    assert 1 <= low[0] <= high[0] <= 3
    assert np.isnan(low[1])
    assert np.isnan(high[1])


def test_nothing_at_all_is_undefined():
    assert np.isnan(column_means(np.empty((0, 2)))).all()
    assert np.isnan(intervals(np.empty((0, 2)))).all()


def test_large_data_is_drawn_in_chunks(monkeypatch):
    values = normal(50)
    whole = intervals(values)
    monkeypatch.setattr(bootstrap, "_BUDGET", 500)
    np.testing.assert_array_equal(whole, intervals(values))
