"""Intervals of what is no mean, such as Kendall's tau: samples resampled, choices left out one by one."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
from scipy.special import ndtri, stdtrit

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
    swap: float | None = None,
    bounds: tuple[float, float] = (-1.0, 1.0),
) -> list[Interval]:
    """Statistics of the rankings of several choices, each with its 95 % interval over samples and choices.

    The variance of the samples is the bootstrap's, that of the choices the jackknife's; each has Student's quantile of
    its own number, as in `over_both`. What both hold of the noise is counted twice: the interval is rather too wide.
    With fewer than `FEWEST_CHOICES` choices, it is over samples alone.

    A ranking moves in steps, so few draws may all agree where more would not. Therefore draws are set apart by
    Student's quantile before they are ranked, not after; and where C choices agree, as much as 1 - .05^(1/C) of their
    kind may still swap two methods (the rule of three): the interval over choices reaches at least so far.

    Args:
        statistic: means (...,C,M) -> (...,K).
        means: (C,M); draws: (R,C,M), as `drawn_means` gives them.
        samples, groups: how many there are.
        swap: how far the statistic moves, at most, per share of choices that swap two neighbours. None: the rows are no
            choices that are drawn from more, and the interval is over samples alone.
        bounds: what the statistic cannot leave.
    """
    values, count = statistic(means), len(means)
    apart = _student(groups) / ndtri(0.975) * math.sqrt(groups / (groups - 1)) if groups > 1 else math.nan
    told = statistic(means + (draws - means) * apart)
    without = np.empty((0, len(values)))
    if swap is not None and count >= FEWEST_CHOICES:
        without = np.stack([statistic(np.delete(means, choice, 0)) for choice in range(count)])
    found = []
    for place, value in enumerate(values.tolist()):
        half = _half(told[:, place], without[:, place], swap)
        low = high = math.nan
        if math.isfinite(value) and math.isfinite(half):
            low, high = max(value - half, bounds[0]), min(value + half, bounds[1])
        found.append(Interval(value, low, high, samples, groups, count))
    return found


def _half(told: Floats, without: Floats, swap: float | None) -> float:
    """Half the width of an interval: of a statistic's draws (R,), and of it without each choice (C,) or none."""
    told = told[np.isfinite(told)]
    if len(told) < 2:
        return math.nan
    wide = float(ndtri(0.975)) ** 2 * float(told.var())
    if swap is not None and (count := len(without)):
        spread = float(np.square(without - without.mean()).sum()) * (count - 1) / count
        wide += max(_student(count) ** 2 * spread, (swap * (1 - 0.05 ** (1 / count))) ** 2)
    return math.sqrt(wide)


def _student(draws: int) -> float:
    return float(stdtrit(draws - 1, 0.975))
