"""How sure a mean is: over samples that may depend on each other, and over few choices.

`values` is (C,S): a row a choice (a baseline, a seed, ...), a column a sample; every choice has the same samples. Both
are taken as drawn from more of their kind, so the mean has three parts of variance: of choices, of samples, of what is
left. The bootstrap's variances of the three are known in closed form (Owen, 2007); with few choices they are too
small, and its percentiles far too narrow. So each is divided by (k - 1)/k for k draws, and comes with Student's
quantile of its own k - 1 degrees of freedom (Howe, 1974). `tests/audit/test_intervals.py` measures the coverage.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri, stdtrit

Floats = NDArray[np.float64]

FEWEST_CHOICES = 3
"""From two choices nobody knows how far a third would be: no interval over choices is given."""


@dataclass(frozen=True)
class Interval:
    """A number with its interval; `low` and `high` are NaN where there is too little to tell.

    Attributes:
        samples: that entered, those with a value under every choice, in so many groups.
        choices: that entered.
    """

    mean: float
    low: float
    high: float
    samples: int
    groups: int
    choices: int

    @property
    def above(self) -> bool:
        """Whether the interval lies above 0."""
        return self.low > 0

    @property
    def below(self) -> bool:
        """Whether the interval lies below 0."""
        return self.high < 0

    def ends(self) -> list[float | None]:
        """Low and high as JSON; None for NaN."""
        return [None if math.isnan(end) else end for end in (self.low, self.high)]


def over_samples(values: Floats, groups: Sequence[object] | None = None, level: float = 0.95) -> Interval:
    """The mean of `values` (S,) as drawn from more samples; choices as they are.

    Args:
        groups: (S,) what each sample belongs to; those of one group depend on each other. None: each on its own.
        level: of the interval.

    >>> found = over_samples(np.array([1.0, 2.0, 3.0, 4.0]))
    >>> f"{found.mean:.2f} [{found.low:.2f}, {found.high:.2f}]"
    '2.50 [0.45, 4.55]'
    """
    kept, groups = _kept(values[None], groups)
    mean, count = _mean(kept), len(set(groups))
    if count < 2:
        return Interval(mean, math.nan, math.nan, kept.shape[1], count, 1)
    half = _student(level, count) * math.sqrt(_of_samples(kept.mean(0) - mean, numbered(groups)))
    return Interval(mean, mean - half, mean + half, kept.shape[1], count, 1)


def over_both(values: Floats, groups: Sequence[object] | None = None, level: float = 0.95) -> Interval:
    """The mean of `values` (C,S) as drawn from more samples and from more choices.

    Samples that lack a value under some choice are left out. Arguments as of `over_samples`. No interval below
    `FEWEST_CHOICES` choices or two groups of samples.
    """
    kept, groups = _kept(values, groups)
    mean, count, choices = _mean(kept), len(set(groups)), len(kept)
    if count < 2 or choices < FEWEST_CHOICES:
        return Interval(mean, math.nan, math.nan, kept.shape[1], count, choices)
    each, whose = kept.mean(1), numbered(groups)
    residual = kept - each[:, None] - kept.mean(0) + mean
    corrected = choices / (choices - 1)
    of_choices = float(np.square(each - mean).sum()) / choices**2 * corrected
    of_both = sum(_of_samples(row, whose) for row in residual) / choices**2 * corrected
    of_samples = _of_samples(kept.mean(0) - mean, whose)
    half = math.sqrt(
        _student(level, choices) ** 2 * max(of_choices - of_both, 0.0) + _student(level, count) ** 2 * of_samples
    )
    return Interval(mean, mean - half, mean + half, kept.shape[1], count, choices)


def differ(values: Floats, groups: Sequence[object] | None = None, level: float = 0.95) -> bool:
    """Whether the rows of `values` (C,S) certainly differ in their mean, each in its own standard deviation.

    That one choice has a certain difference and another has none does not say that the two differ (Gelman & Stern,
    2006). So each choice is held against the mean over all, sample by sample, at the level 1 - (1 - level)/C; samples
    that lack a value under some choice are left out.

    >>> rng = np.random.default_rng(0)
    >>> differ(rng.normal([[0.3], [0.3]], 1.0, (2, 60))), differ(rng.normal([[0.0], [1.5]], 1.0, (2, 60)))
    (False, True)
    """
    kept, groups = _kept(values, groups)
    if kept.shape[1] < 2:
        return False
    spread = kept.std(1, ddof=1, keepdims=True)
    scaled = kept / np.where(spread > 0, spread, 1.0)
    effect = scaled.mean(1, keepdims=True)
    scaled -= effect / 2 * (np.square(scaled - effect) - 1) * (spread > 0)  # that the deviation is an estimate, too
    each = 1 - (1 - level) / len(kept)
    found = [over_samples(row, groups, each) for row in scaled - scaled.mean(0)]
    return any(one.above or one.below for one in found)


def samples_needed(spread: float, difference: float, power: float = 0.8) -> float:
    """Samples with which a 95 % interval leaves 0 out, `power` of the times, where the mean is `difference`.

    Args:
        spread: standard deviation over samples.

    >>> samples_needed(1.0, 0.5)
    32.0
    """
    if not (difference and math.isfinite(spread) and math.isfinite(difference)):
        return math.inf if difference == 0 else math.nan
    return float(max(2, math.ceil(((ndtri(0.975) + ndtri(power)) * spread / difference) ** 2)))


def _student(level: float, draws: int) -> float:
    """How many standard errors an interval reaches to each side."""
    return float(stdtrit(draws - 1, (1 + level) / 2))


def _kept(values: Floats, groups: Sequence[object] | None) -> tuple[Floats, list[object]]:
    """Samples that every choice has a value of."""
    there: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(0))
    named = list(range(values.shape[1])) if groups is None else list(groups)
    return values[:, there], [name for name, kept in zip(named, there.tolist(), strict=True) if kept]


def _mean(kept: Floats) -> float:
    return float(kept.mean()) if kept.size else math.nan


def numbered(groups: Sequence[object]) -> NDArray[np.int64]:
    """The number of each sample's group."""
    numbers: dict[object, int] = {}
    return np.array([numbers.setdefault(name, len(numbers)) for name in groups], dtype=np.int64)


def _of_samples(deviations: Floats, groups: NDArray[np.int64]) -> float:
    """Variance of the mean of (S,), by groups of samples."""
    sums = np.bincount(groups, weights=deviations)
    return float(np.square(sums).sum()) / len(deviations) ** 2 * len(sums) / (len(sums) - 1)
