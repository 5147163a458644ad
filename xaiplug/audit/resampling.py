"""Intervals of what is no mean, such as Kendall's tau: samples resampled, choices left out one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import stdtrit

from xaiplug.audit.intervals import FEWEST_CHOICES, Floats, Interval, numbered

RESAMPLES = 400


def drawn_means(
    values: Floats, groups: Sequence[object] | None = None, resamples: int = RESAMPLES, seed: int = 0
) -> Floats:
    """Means (R,C,M) of `values` (C,S,M) over resampled samples, whole groups at a time; the same draws for all.

    NaN is left out; a draw with nothing but NaN is NaN.
    """
    count = values.shape[1]
    whose = numbered(range(count) if groups is None else groups)
    total = int(whose.max(initial=-1)) + 1
    rng = np.random.default_rng(seed)
    weights = rng.multinomial(total, np.full(total, 1 / total), size=resamples)[:, whose].astype(np.float64)
    defined = np.isfinite(values)
    held = np.einsum("rs,csm->rcm", weights, defined.astype(np.float64), optimize=True)
    sums = np.einsum("rs,csm->rcm", weights, np.where(defined, values, 0.0), optimize=True)
    means: Floats = np.divide(sums, held, out=np.full(held.shape, np.nan), where=held > 0)
    return means


def resampled(
    statistic: Callable[[Floats], Floats],
    means: Floats,
    draws: Floats,
    *,
    samples: int,
    groups: int,
    choices: bool = True,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> Interval:
    """A statistic of the rankings of several choices with its 95 % interval over samples and choices.

    The variance of the samples is the bootstrap's, that of the choices the jackknife's; each has Student's quantile of
    its own number, as in `over_both`. What both hold of the noise is counted twice: the interval is rather too wide.
    With fewer than `FEWEST_CHOICES` choices, it is over samples alone.

    Args:
        statistic: means (...,C,M) -> (...).
        means: (C,M); draws: (R,C,M), as `drawn_means` gives them.
        samples, groups: how many there are.
        choices: whether the rows are choices, as drawn from more; if not, the interval is over samples alone.
        bounds: what the statistic cannot leave.
    """
    value, count = float(statistic(means)), len(means)
    told = statistic(draws)
    told = told[np.isfinite(told)]
    if groups < 2 or not math.isfinite(value) or len(told) < 2:
        return Interval(value, math.nan, math.nan, samples, groups, count)
    wide = float(stdtrit(groups - 1, 0.975)) ** 2 * float(told.var()) * groups / (groups - 1)
    if choices and count >= FEWEST_CHOICES:
        without = np.array([float(statistic(np.delete(means, choice, 0))) for choice in range(count)])
        spread = float(np.square(without - without.mean()).sum()) * (count - 1) / count
        wide += float(stdtrit(count - 1, 0.975)) ** 2 * spread
    low, high = value - math.sqrt(wide), value + math.sqrt(wide)
    return Interval(value, max(low, bounds[0]), min(high, bounds[1]), samples, groups, count)
