"""Resampled means, from a generator of our own: the same numbers on every machine and in every order."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

RESAMPLES = 2000
_BUDGET = 4_000_000


def bootstrap_means(values: Floats, resamples: int = RESAMPLES, seed: int = 0) -> Floats:
    """Means (R,M) of `values` (S,M) over resampled samples; all columns see the same draws, so they stay paired.

    NaN is left out of its column; a draw that holds nothing but NaN is NaN.
    """
    count = len(values)
    if not count:
        return np.full((resamples, values.shape[1]), np.nan)
    defined = np.isfinite(values)
    filled = np.where(defined, values, 0.0)
    means = []
    for weights in _kept(count, resamples, seed) if resamples * count <= _BUDGET else _draws(count, resamples, seed):
        held = weights @ defined.astype(np.float64)
        means.append(np.divide(weights @ filled, held, out=np.full_like(held, np.nan), where=held > 0))
    return np.concatenate(means)


def _draws(count: int, resamples: int, seed: int) -> Iterator[Floats]:
    """How often each of `count` samples is drawn, (R,count) in parts of a size that memory holds."""
    rng = np.random.default_rng(seed)
    even = np.full(count, 1 / count)
    chunk = max(1, _BUDGET // count)
    for start in range(0, resamples, chunk):
        yield rng.multinomial(count, even, size=min(chunk, resamples - start)).astype(np.float64)


@lru_cache(maxsize=4)
def _kept(count: int, resamples: int, seed: int) -> tuple[Floats, ...]:
    """The same, once: a page asks for the same draws for every curve and every board."""
    return tuple(_draws(count, resamples, seed))


def intervals(values: Floats, resamples: int = RESAMPLES, seed: int = 0) -> tuple[Floats, Floats]:
    """Lower and upper ends (M,) of the 95 % percentile intervals of the column means; NaN below two defined samples."""
    means = bootstrap_means(values, resamples, seed)
    ends = np.full((2, values.shape[1]), np.nan)
    known = np.isfinite(values).sum(0) >= 2
    if known.any():
        ends[:, known] = np.nanpercentile(means[:, known], [2.5, 97.5], axis=0)
    return ends[0], ends[1]


def column_means(values: Floats) -> Floats:
    """Means (M,) of `values` (S,M) without NaN; NaN where nothing is defined."""
    defined = np.isfinite(values)
    held = defined.sum(0)
    total = np.where(defined, values, 0.0).sum(0)
    means: Floats = np.divide(total, held, out=np.full(total.shape, np.nan), where=held > 0)
    return means
