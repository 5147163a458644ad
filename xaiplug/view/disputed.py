"""Sample by sample: which ones the methods do badly on, and which ones they dispute."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiplug.data.study import METHOD, Study
from xaiplug.view.leaderboard import first_of, tidy
from xaiplug.view.numbers import number, places

SHOWN = 100
"""Samples of a table at most, the most disputed."""


@dataclass(frozen=True)
class Seen:
    """What the methods make of one metric on one sample: their mean, and from the least to the greatest."""

    text: str
    ends: str
    order: float | None


@dataclass(frozen=True)
class Line:
    """One sample.

    Args:
        dispute: standard deviation of the methods' values, in units of that of all values of the metric; mean over
            metrics.
        quality: how good the methods' values are, in the same units from the metric's mean, positive is better; mean
            over metrics that have a direction. NaN where none has.
    """

    id: str
    dispute: float
    quality: float
    seen: tuple[Seen | None, ...]


@dataclass(frozen=True)
class SampleTable:
    """The samples of one model and data set, the most disputed first."""

    title: str
    metrics: tuple[str, ...]
    lines: tuple[Line, ...]
    left_out: int


def sample_tables(study: Study) -> list[SampleTable]:
    """A table per model and data set with at least two methods; values are first averaged over seeds."""
    frame = tidy(study.results)
    if not len(frame):
        return []
    frame = frame[frame["id"] != ""].assign(value=pd.to_numeric(frame["value"], errors="coerce"))
    frame = frame[pd.to_numeric(frame["sample"]) >= 0]
    frame = frame.assign(method=pd.factorize(pd.MultiIndex.from_frame(frame[list(METHOD)]))[0])
    tables = []
    for (model, data), part in frame.groupby(["model", "data"], sort=False):
        if part["method"].nunique() > 1:
            tables.append(_table(f"{model} on {data}", part))
    return tables


def _table(title: str, part: pd.DataFrame) -> SampleTable:
    cells = part.groupby(["metric", "sample", "id", "method"], sort=False)["value"].mean().unstack("method")
    ids = part[["sample", "id"]].drop_duplicates().sort_values("sample")
    keys = list(ids.itertuples(index=False, name=None))
    metrics = list(dict.fromkeys(part["metric"]))
    seen: dict[str, list[Seen | None]] = {}
    dispute, quality = [], []
    for metric in metrics:
        values = cells.loc[metric].reindex(keys).to_numpy(dtype=np.float64)
        values = np.where(np.isfinite(values), values, np.nan)
        better = first_of(part.loc[part["metric"] == metric, "better"])
        seen[metric] = _seen(values)
        spread = np.nanstd(values) if np.isfinite(values).any() else math.nan
        if not spread > 0:
            continue
        dispute.append(_over(np.nanstd, values) / spread)
        if better:
            away = (_over(np.nanmean, values) - np.nanmean(values)) / spread
            quality.append(away if better == "higher" else -away)
    disputes, qualities = _mean(dispute, len(keys)), _mean(quality, len(keys))
    order = sorted(range(len(keys)), key=lambda row: -disputes[row] if math.isfinite(disputes[row]) else math.inf)
    lines = tuple(
        Line(str(keys[row][1]), disputes[row], qualities[row], tuple(seen[metric][row] for metric in metrics))
        for row in order[:SHOWN]
    )
    return SampleTable(title, tuple(metrics), lines, max(0, len(keys) - SHOWN))


def _seen(values: np.ndarray) -> list[Seen | None]:
    decimals = places(values[np.isfinite(values)].tolist())
    found: list[Seen | None] = []
    for row in values:
        known = row[np.isfinite(row)]
        if not len(known):
            found.append(None)
            continue
        ends = f"{number(float(known.min()), decimals)} to {number(float(known.max()), decimals)}"
        found.append(Seen(number(float(known.mean()), decimals), ends, float(known.mean())))
    return found


def _over(statistic: Callable[..., Any], values: np.ndarray) -> np.ndarray:
    """Of each row's defined values; NaN of a row without."""
    known = np.isfinite(values).any(1)
    found = np.full(len(values), np.nan)
    found[known] = statistic(values[known], axis=1)
    return found


def _mean(columns: list[np.ndarray], rows: int) -> list[float]:
    if not columns:
        return [math.nan] * rows
    found: list[float] = _over(np.nanmean, np.stack(columns, axis=1)).tolist()
    return found
