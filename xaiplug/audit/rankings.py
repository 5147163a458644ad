"""How alike rankings are, and what makes them differ.

`means` are (C,M): a row a choice, a column a method, higher is better, NaN where a method has no value.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations

import numpy as np

from xaiplug.audit.intervals import Floats

Levels = Sequence[Mapping[str, str]]
"""For each choice, factor -> level."""


def kendall(first: Floats, second: Floats) -> Floats:
    """Kendall's tau-b of (...,M) and (...,M) along the last axis; NaN where one of them is constant.

    Methods that lack a value are left out. Source: Kendall (1945), which scipy's `kendalltau` is, one pair at a time.

    >>> round(float(kendall(np.array([1.0, 2.0, 3.0]), np.array([1.0, 3.0, 2.0]))), 3)
    0.333
    """
    both = np.isfinite(first) & np.isfinite(second)
    one, two = _signs(np.where(both, first, np.nan)), _signs(np.where(both, second, np.nan))
    agree = (one * two).sum((-2, -1))
    scale = np.sqrt(np.square(one).sum((-2, -1)) * np.square(two).sum((-2, -1)))
    tau: Floats = np.divide(agree, scale, out=np.full(np.shape(agree), np.nan), where=scale > 0)[()]
    return tau


def tau_matrix(means: Floats) -> Floats:
    """Tau (...,C,C) of every choice's ranking (...,C,M) with every other's.

    Without NaN all pairs are one product of matrices; with NaN a pair at a time, which needs less memory.
    """
    if np.isfinite(means).all():
        signs = _signs(means).reshape(*means.shape[:-1], -1)
        agree = signs @ np.swapaxes(signs, -1, -2)
        norms = np.diagonal(agree, axis1=-2, axis2=-1)
        scale = np.sqrt(norms[..., :, None] * norms[..., None, :])
        found: Floats = np.divide(agree, scale, out=np.full(agree.shape, np.nan), where=scale > 0)
        return found
    count = means.shape[-2]
    taus = [[kendall(means[..., one, :], means[..., two, :]) for two in range(count)] for one in range(count)]
    return np.moveaxis(np.array(taus), (0, 1), (-2, -1))


def ranks(means: Floats) -> Floats:
    """Ranks (...,M) from 1, the best; equal means share the middle of theirs; NaN for no value.

    >>> ranks(np.array([0.5, 0.9, 0.5]))
    array([2.5, 1. , 2.5])
    """
    above = (means[..., None, :] > means[..., :, None]).sum(-1)
    equal = (means[..., None, :] == means[..., :, None]).sum(-1)
    return np.where(np.isfinite(means), above + (equal + 1) / 2, np.nan)


def flipped(means: Floats) -> float:
    """Share of pairs of methods that change order between two of the choices; NaN without a pair.

    >>> flipped(np.array([[3.0, 2.0, 1.0], [3.0, 1.0, 2.0]])).__round__(3)
    0.333
    """
    signs = _signs(means)
    pairs = np.triu_indices(means.shape[1], 1)
    found = np.logical_and(np.any(signs > 0, axis=0), np.any(signs < 0, axis=0))[pairs]
    return float(found.mean()) if len(found) else float("nan")


def flips_by(means: Floats, levels: Levels) -> dict[str, float]:
    """Factor -> share of flipped pairs of methods between choices that differ in that factor alone; NaN without such.

    It tells what a reader must fix to get the same order.
    """
    signs, pairs = _signs(means), np.triu_indices(means.shape[1], 1)
    shares: dict[str, list[float]] = {factor: [] for factor in _factors(levels)}
    for one, two in combinations(range(len(levels)), 2):
        differing = [factor for factor in shares if levels[one].get(factor) != levels[two].get(factor)]
        if len(differing) == 1 and len(pairs[0]):
            shares[differing[0]].append(float((signs[one] * signs[two] < 0)[pairs].mean()))
    return {factor: float(np.mean(found)) if found else float("nan") for factor, found in shares.items()}


def variance_shares(differences: Floats, levels: Levels, draws: Floats | None = None) -> dict[str, float]:
    """Factor -> its share of the variance of differences (P,C) between choices; `together` is what is left.

    A pair's differences are fitted by one effect a level and factor (least squares of least norm); a factor's variance
    is that of its effects, every level as often, summed over pairs. In a full factorial these are the main effects of
    the analysis of variance; where each choice differs from the first in one factor they are exact. `together` is what
    only several factors explain. Shares sum to 1; NaN where nothing varies.

    Args:
        draws: (R,P,C) differences of resampled samples; what they vary more than the differences themselves is noise,
            and taken off.
    """
    parts = _variances(differences, levels)
    if draws is not None:
        noisy = _variances(draws, levels)
        parts = {name: np.maximum(2 * part - noisy[name].mean(0), 0) for name, part in parts.items()}
    sums = {name: float(part.sum()) for name, part in parts.items()}
    total = sum(sums.values())
    negligible = total <= 1e-20 * float(np.square(differences).sum())
    return {name: float("nan") if negligible else part / total for name, part in sums.items()}


def _variances(differences: Floats, levels: Levels) -> dict[str, Floats]:
    """Factor -> variance (...) of its effects on differences (...,C), and what is left."""
    blocks = {}
    for factor in _factors(levels):
        names = list(dict.fromkeys(level.get(factor) for level in levels))
        blocks[factor] = np.array([[float(level.get(factor) == name) for name in names] for level in levels])
    design = np.concatenate([np.ones((len(levels), 1)), *blocks.values()], 1)
    effects = differences @ np.linalg.pinv(design).T
    parts, start = {}, 1
    for factor, block in blocks.items():
        parts[factor] = effects[..., start : start + block.shape[1]].var(-1)
        start += block.shape[1]
    return parts | {"together": np.square(differences - effects @ design.T).mean(-1)}


def _signs(means: Floats) -> Floats:
    """(...,M,M): 1 where the row's method is better than the column's, -1 where worse, 0 where equal or unknown."""
    return np.nan_to_num(np.sign(means[..., :, None] - means[..., None, :]))


def _factors(levels: Levels) -> list[str]:
    """The factors that vary, in the order in which they are named."""
    names = dict.fromkeys(name for level in levels for name in level)
    return [name for name in names if len({level.get(name) for level in levels}) > 1]
