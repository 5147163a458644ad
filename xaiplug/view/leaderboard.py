"""Who does best, how sure that is, and how much the seed matters."""

from __future__ import annotations

import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiplug.data.study import METHOD, Method, Study
from xaiplug.view.bootstrap import RESAMPLES, Floats, column_means, intervals
from xaiplug.view.numbers import number, places

DIRECTIONS = {"higher": "higher is better", "lower": "lower is better", "": "no direction"}


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Methods as text -> the explainer alone, where no other method has it.

    >>> list(short_names(["moxi (imputer black)", "ig (baseline black)", "ig (baseline blur)"]).values())
    ['moxi', 'ig (baseline black)', 'ig (baseline blur)']
    """
    alone = [name.partition(" (")[0] for name in names]
    return {name: short if alone.count(short) == 1 else name for name, short in zip(names, alone, strict=True)}


@dataclass(frozen=True)
class Row:
    """One method on one metric.

    Args:
        mean: over samples, each sample first averaged over seeds; NaN where nothing is defined.
        low, high: 95 % bootstrap interval of the mean, resampling samples; NaN below two.
        sd: standard deviation of the per-seed means; NaN below two seeds.
        count: samples with a defined value; undefined: those without.
        rank: from 1, equal means share one; None where there is no direction or no mean.
        tied: not the best, but the paired interval of the difference to the best holds 0; none without a best.
        apart: something on the board is told apart from the best; where nothing is, there is no best.
    """

    method: Method
    mean: float
    low: float
    high: float
    sd: float
    seeds: int
    count: int
    undefined: int
    rank: int | None
    tied: bool
    apart: bool = True

    @property
    def best(self) -> bool:
        return self.rank == 1 and self.apart


@dataclass(frozen=True)
class Board:
    """One metric on one model and data set; rows in order of rank."""

    model: str
    data: str
    metric: str
    better: str
    unit: str
    rows: tuple[Row, ...]


def leaderboard(study: Study, *, resamples: int = RESAMPLES, seed: int = 0) -> list[Board]:
    """One board per model, data set and metric, in the order in which the results name them.

    The bootstrap draws samples, the same ones for every method, from its own generator: equal results give equal
    boards. Undefined values (NaN) are left out.
    """
    return [
        Board(*names, first_of(part["better"]), first_of(part["unit"]), _rows(part, resamples, seed))
        for names, part in boards_of(study.results)
    ]


def leaderboard_text(study: Study) -> str:
    """The leaderboard for a terminal: plain text, one table per model, data set and metric."""
    boards = leaderboard(study)
    return "\n\n".join(map(_text, boards)) + "\n" if boards else "no results\n"


def tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """A copy with "" for every missing name."""
    names = [c for c in ("model", "data", *METHOD, "metric", "better", "unit", "id") if c in frame.columns]
    return frame.assign(**{name: frame[name].astype(object).where(frame[name].notna(), "") for name in names})


def boards_of(results: pd.DataFrame) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """(model, data, metric) and its rows, in the order in which the results name them."""
    frame = tidy(results)
    for names, part in frame.groupby(["model", "data", "metric"], sort=False) if len(frame) else ():
        model, data, metric = map(str, names)
        yield (model, data, metric), part


def per_sample(part: pd.DataFrame) -> tuple[list[Method], Floats]:
    """The methods (M) of one board and their values (S,M), a row a sample, averaged over seeds; NaN where undefined."""
    methods, values = _paired(_numbered(part))
    return [Method.of(name) for name in methods.itertuples(index=False, name=None)], values


def first_of(column: pd.Series[Any]) -> str:
    """The first text that is not empty, or ""."""
    return next((str(value) for value in column if value), "")


def _numbered(part: pd.DataFrame) -> pd.DataFrame:
    """With the number of each row's method and sample, and infinities as NaN."""
    return part.assign(
        method=pd.factorize(pd.MultiIndex.from_frame(part[list(METHOD)]))[0],
        unit_of=pd.factorize(pd.MultiIndex.from_frame(part[["sample", "id"]].astype(str)))[0],
        value=pd.to_numeric(part["value"], errors="coerce").replace([np.inf, -np.inf], np.nan).astype(float),
    )


def _paired(part: pd.DataFrame) -> tuple[pd.DataFrame, Floats]:
    names = part.drop_duplicates("method")[["method", *METHOD]].set_index("method").sort_index()
    values = part.groupby(["unit_of", "method"])["value"].mean().unstack("method")
    return names, values.to_numpy(dtype=np.float64)


def _rows(part: pd.DataFrame, resamples: int, seed: int) -> tuple[Row, ...]:
    better = first_of(part["better"])
    part = _numbered(part)
    names, values = _paired(part)
    present = part.groupby(["unit_of", "method"]).size().unstack("method").notna().to_numpy()
    mean = column_means(values)
    low, high = intervals(values, resamples, seed)
    ranks = _ranks(mean, better)
    tied = _tied(values, ranks, resamples, seed)
    apart = len(ranks) == 1 or any(rank not in (None, 1) and not t for rank, t in zip(ranks, tied, strict=True))
    seeds = part[part["value"].notna()].groupby(["method", "seed"])["value"].mean()
    rows = []
    for place, name in enumerate(names.itertuples(index=False, name=None)):
        per_seed = seeds.xs(place, level="method").to_numpy() if place in seeds.index.get_level_values(0) else ()
        sd = float(np.std(per_seed, ddof=1)) if len(per_seed) > 1 else math.nan
        count = int(np.isfinite(values[:, place]).sum())
        numbers = (float(mean[place]), float(low[place]), float(high[place]), sd)
        undefined = int(present[:, place].sum()) - count
        rows.append(
            Row(Method.of(name), *numbers, len(per_seed), count, undefined, ranks[place], tied[place] and apart, apart)
        )
    return tuple(sorted(rows, key=lambda row: (math.isnan(row.mean), row.rank or 0)))


def _ranks(mean: Floats, better: str) -> list[int | None]:
    if better not in ("higher", "lower"):
        return [None] * len(mean)
    signed = -mean if better == "higher" else mean
    return [None if math.isnan(value) else 1 + int((signed < value).sum()) for value in signed]


def _tied(values: Floats, ranks: list[int | None], resamples: int, seed: int) -> list[bool]:
    if 1 not in ranks:
        return [False] * len(ranks)
    best = ranks.index(1)
    low, high = intervals(values - values[:, [best]], resamples, seed)
    return [rank not in (None, 1) and bool(a <= 0 <= b) for rank, a, b in zip(ranks, low, high, strict=True)]


def _text(board: Board) -> str:
    seeds = max((row.seeds for row in board.rows), default=0)
    decimals = places(v for row in board.rows for v in (row.mean, row.low, row.high))

    def shown(value: float) -> str:
        return number(value, decimals, minus="-").replace("–", "-")

    head = ["rank", "explainer", "mean", "95 % interval", "n"] + ([f"sd of {seeds} seeds"] if seeds > 1 else [])
    table = [head]
    for row in board.rows:
        interval = "-" if math.isnan(row.low) else f"[{shown(row.low)}, {shown(row.high)}]"
        line = [str(row.rank or "-"), str(row.method), shown(row.mean), interval, str(row.count)]
        table.append(line + ([shown(row.sd)] if seeds > 1 else []))
    unit = f" [{board.unit}]" if board.unit else ""
    title = f"{board.metric}{unit}, {DIRECTIONS.get(board.better, '')}: {board.model} on {board.data}"
    return "\n".join([title, *_aligned(table, left={1})])


def _aligned(table: list[list[str]], left: set[Hashable]) -> list[str]:
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    return [
        "  "
        + "  ".join(
            cell.ljust(width) if place in left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in table
    ]
