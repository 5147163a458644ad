"""One method against another on the same samples: the difference and how sure it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from xaiplug.errors import ConfigError, did_you_mean
from xaiplug.view.bootstrap import RESAMPLES, Floats, column_means, intervals
from xaiplug.view.leaderboard import DIRECTIONS, boards_of, first_of, per_sample
from xaiplug.view.numbers import number, places
from xaiplug.view.tabular import csv_text, latex_table, markdown_table, plain

COLUMNS = ("method", "mean", "against", "mean", "difference", "95 % interval", "n")


@dataclass(frozen=True)
class Difference:
    """Mean of `first - second` over the samples that have both.

    Args:
        low, high: 95 % percentile bootstrap interval, resampling samples; NaN below two.
        count: samples with both values.
    """

    mean: float
    low: float
    high: float
    count: int

    @property
    def certain(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.low > 0 or self.high < 0


@dataclass(frozen=True)
class Contrast:
    """Two methods on one metric, model and data set; `first` and `second` with their means over the shared samples."""

    model: str
    data: str
    metric: str
    better: str
    first: tuple[str, float]
    second: tuple[str, float]
    difference: Difference


def paired(first: Floats, second: Floats, *, resamples: int = RESAMPLES, seed: int = 0) -> Difference:
    """Mean difference of two methods' values (S,) on the same samples; a sample that lacks one of them is left out.

    >>> found = paired(np.array([1.0, 2.0, 3.0]), np.array([0.5, 1.5, 2.5]))
    >>> found.mean, found.certain, found.count
    (0.5, True, 3)
    """
    values = (np.asarray(first, dtype=np.float64) - np.asarray(second, dtype=np.float64))[:, None]
    low, high = intervals(values, resamples, seed)
    return Difference(float(column_means(values)[0]), float(low[0]), float(high[0]), int(np.isfinite(values).sum()))


def contrasts(
    results: pd.DataFrame,
    *,
    against: str | None = None,
    pairs: Sequence[tuple[str, str]] = (),
    metrics: Sequence[str] = (),
) -> list[Contrast]:
    """Differences between methods on every model, data set and metric of a run.

    Args:
        results: a run's results, a row a value (`RESULTS_COLUMNS`).
        against: a method; every other one is compared with it.
        pairs: (first, second), each a method.
        metrics: the metrics to compare on; all without.

    A method is an explainer's name, or, where that name was run with several settings, the leaderboard's whole text,
    such as "moxi (segmenter grid, baseline black)".

    Raises:
        ConfigError: a method or metric has no results.
    """
    known = list(dict.fromkeys(map(str, results["metric"])))
    for metric in metrics:
        if metric not in known:
            raise ConfigError(f"no results of metric {metric!r}{did_you_mean(metric, known)}")
    found = []
    for (model, data, metric), part in boards_of(results):
        if metrics and metric not in metrics:
            continue
        columns = _columns(part)
        wanted = [*pairs, *((name, against) for name in columns if against is not None)]
        for names in wanted:
            if missing := [name for name in names if name not in columns]:
                raise ConfigError(f"no results of {missing[0]!r} on {metric!r}{did_you_mean(missing[0], columns)}")
            if names[0] == names[1]:
                continue
            both = np.stack([columns[name] for name in names], 1)
            first, second = column_means(both[np.isfinite(both).all(1)])
            difference = paired(*both.T)
            methods = (names[0], float(first)), (names[1], float(second))
            found.append(Contrast(model, data, metric, first_of(part["better"]), *methods, difference))
    return found


def _columns(part: pd.DataFrame) -> dict[str, Floats]:
    """Per-sample values (S,) by method: the explainer's name where that is clear, the whole text where not."""
    methods, values = per_sample(part)
    names = [method.explainer for method in methods]
    shown = [name if names.count(name) == 1 else str(method) for name, method in zip(names, methods, strict=True)]
    return dict(zip(shown, values.T, strict=True))


HEADS = ("method", "mean", "against", "mean", "difference", "95 % interval", "n")
_METHODS = ("first", "first_mean", "second", "second_mean")
CSV_COLUMNS = ("model", "data", "metric", "better", *_METHODS, "difference", "low", "high", "n")


def contrast_text(found: Sequence[Contrast]) -> str:
    """Markdown: one table per model, data set and metric, so that it can stand in a paper's appendix or a README."""
    texts = [f"{title}\n\n{markdown_table(HEADS, _told(rows))}" for title, rows in _by_title(found)]
    return "\n\n".join(texts) + "\n" if texts else "no results\n"


def contrast_latex(found: Sequence[Contrast]) -> str:
    """The same as `tabular`s for `booktabs`."""
    texts = [f"% {plain(title)}\n{latex_table(HEADS, _told(rows))}" for title, rows in _by_title(found)]
    return "\n\n".join(texts) + "\n" if texts else "% no results\n"


def contrast_csv(found: Sequence[Contrast]) -> str:
    """A row a pair, in full precision."""
    rows = []
    for one in found:
        difference = one.difference
        ends = (difference.mean, difference.low, difference.high, difference.count)
        rows.append([one.model, one.data, one.metric, one.better, *one.first, *one.second, *ends])
    return csv_text(CSV_COLUMNS, rows)


def _told(rows: Sequence[Contrast]) -> list[list[str]]:
    decimals = places(v for row in rows for v in (row.first[1], row.second[1], row.difference.low))
    told = []
    for row in rows:
        first, second, mean = (number(v, decimals) for v in (row.first[1], row.second[1], row.difference.mean))
        low, high = (number(v, decimals) for v in (row.difference.low, row.difference.high))
        interval = f"{low} to {high}{'' if row.difference.certain else ', holds 0'}"
        told.append([row.first[0], first, row.second[0], second, mean, interval, str(row.difference.count)])
    return told


def _by_title(found: Sequence[Contrast]) -> list[tuple[str, list[Contrast]]]:
    tables: dict[str, list[Contrast]] = {}
    for row in found:
        title = f"{row.metric} ({DIRECTIONS.get(row.better, '')}), {row.model} on {row.data}"
        tables.setdefault(title, []).append(row)
    return list(tables.items())
