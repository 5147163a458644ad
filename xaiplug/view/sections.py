"""The report's tables, ready to be laid out: every number formatted, nothing escaped yet (the template does that)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd
from markupsafe import Markup

from xaiplug.data.study import METHOD, Method, Study
from xaiplug.view import svg
from xaiplug.view.colours import series
from xaiplug.view.curves import charts
from xaiplug.view.leaderboard import DIRECTIONS, Board, Row, leaderboard, short_names, tidy
from xaiplug.view.numbers import duration, memory, number, places, whole

ARROWS = {"higher": "↑ ", "lower": "↓ ", "": ""}


@dataclass(frozen=True)
class Cell:
    """One number of a table: what is shown, what it sorts by, and how strong its tint is (0 to 1; None = none)."""

    text: str
    order: float | None
    tint: float | None = None
    row: Row | None = None
    interval: str = ""
    spread: str = ""
    whisker: Markup | None = None


@dataclass(frozen=True)
class Column:
    """A metric of a leaderboard table."""

    name: str
    direction: str
    unit: str
    samples: str


@dataclass(frozen=True)
class Table:
    """One model on one data set."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Method, tuple[Cell | None, ...]], ...]
    seeds: int


@dataclass(frozen=True)
class Figure:
    """One chart of the curves section."""

    title: str
    subtitle: str
    drawing: Markup
    legend: tuple[tuple[str, Markup], ...]


@dataclass(frozen=True)
class Expense:
    """What one method, or measuring with one metric, cost on one model and data set."""

    method: Method | str
    cells: tuple[Cell, ...]


def leaderboard_tables(study: Study) -> list[Table]:
    """A table per model and data set: methods down, metrics across; methods by their mean rank."""
    gathered: dict[tuple[str, str], list[Board]] = {}
    for board in leaderboard(study):
        gathered.setdefault((board.model, board.data), []).append(board)
    return [_table(_scope(*scope), boards) for scope, boards in gathered.items()]


def _table(title: str, boards: list[Board]) -> Table:
    cells: dict[Method, list[Cell | None]] = {}
    ranks: dict[Method, list[int]] = {}
    for place, board in enumerate(boards):
        for row, cell in _cells(board):
            cells.setdefault(row.method, [None] * len(boards))[place] = cell
            ranks.setdefault(row.method, []).extend([row.rank] if row.rank else [])
    ordered = sorted(cells, key=lambda method: _mean(ranks[method]))
    columns = tuple(_column(board) for board in boards)
    seeds = max((row.seeds for board in boards for row in board.rows), default=0)
    return Table(title, columns, tuple((method, tuple(cells[method])) for method in ordered), seeds)


def _column(board: Board) -> Column:
    counts = sorted({row.count for row in board.rows})
    few = f"n = {counts[0]}" if len(counts) == 1 else f"n = {counts[0]} to {counts[-1]}"
    direction = ARROWS.get(board.better, "") + DIRECTIONS.get(board.better, "")
    return Column(board.metric, direction, board.unit, few)


def _cells(board: Board) -> Iterable[tuple[Row, Cell]]:
    shown = [value for row in board.rows for value in (row.mean, row.low, row.high) if math.isfinite(value)]
    decimals, extent = places(shown), (min(shown, default=0.0), max(shown, default=0.0))
    means = [row.mean for row in board.rows if math.isfinite(row.mean)]
    for row in board.rows:
        known = math.isfinite(row.low)
        interval = f"{number(row.low, decimals)} to {number(row.high, decimals)}" if known else ""
        spread = f"± {number(row.sd, decimals)}" if math.isfinite(row.sd) else ""
        order = row.mean if math.isfinite(row.mean) else None
        drawn = svg.whisker(row.mean, row.low, row.high, extent)
        yield row, Cell(number(row.mean, decimals), order, _tint(row, board, means), row, interval, spread, drawn)


def _tint(row: Row, board: Board, means: list[float]) -> float | None:
    if row.rank is None or len(means) < 2 or max(means) == min(means):
        return None
    share = (row.mean - min(means)) / (max(means) - min(means))
    return round(share if board.better == "higher" else 1 - share, 3)


def curve_figures(study: Study) -> list[tuple[str, list[Figure]]]:
    """Charts by model and data set; an explainer has one colour throughout."""
    found = charts(study.curves)
    names = list(dict.fromkeys(line.explainer for chart in found for line in chart.lines))
    looks = {name: series(place) for place, name in enumerate(names)}
    short = short_names(names)
    better = _directions(study)
    scopes: dict[str, list[Figure]] = {}
    for chart in found:
        legend = tuple((short[line.explainer], svg.swatch(*looks[line.explainer])) for line in chart.lines)
        counts = sorted({line.count for line in chart.lines})
        subtitle = f"mean of {counts[0]}" + (f" to {counts[-1]}" if len(counts) > 1 else "") + " samples, 95 % band"
        direction = better.get(chart.metric, "")
        if direction in ARROWS and direction:
            subtitle = f"{ARROWS[direction]}{DIRECTIONS[direction]} · {subtitle}"
        figure = Figure(chart.metric, subtitle, svg.chart(chart, looks), legend)
        scopes.setdefault(_scope(chart.model, chart.data), []).append(figure)
    return list(scopes.items())


def expenses(study: Study) -> list[tuple[str, list[Expense]]]:
    """Forwards, backwards, seconds (means over seeds of the sums), and the peak of memory, by model and data set."""
    return _expenses(study.timings, list(METHOD), Method.of)


def measuring(study: Study) -> list[tuple[str, list[Expense]]]:
    """The same of what measuring all methods with a metric took."""
    return _expenses(study.scorings, ["metric"], lambda key: str(key[0]))


def _expenses(
    table: pd.DataFrame, by: list[str], named: Callable[[Any], Method | str]
) -> list[tuple[str, list[Expense]]]:
    frame = tidy(table)
    tables = []
    for (model, data), part in frame.groupby(["model", "data"], sort=False) if len(frame) else ():
        costs = [(named(key), _cost(rows)) for key, rows in part.groupby(by, sort=False)]
        highest = [max((cost[i] for _, cost in costs if cost[i] > 0), default=0.0) for i in range(4)]
        tables.append(
            (
                _scope(str(model), str(data)),
                [
                    Expense(method, tuple(_expense(i, cost[i], highest[i]) for i in range(4)))
                    for method, cost in sorted(costs, key=lambda item: _last(item[1][2]))
                ],
            )
        )
    return tables


def _cost(rows: pd.DataFrame) -> list[float]:
    numeric = rows[["forwards", "backwards", "seconds", "peak_bytes"]].apply(pd.to_numeric, errors="coerce")
    sums = numeric.groupby(rows["seed"].fillna(0)).sum(min_count=1).mean()
    return [float(sums[name]) for name in ("forwards", "backwards", "seconds")] + [float(numeric["peak_bytes"].max())]


def _expense(column: int, value: float, highest: float) -> Cell:
    text = (whole, whole, duration, memory)[column](value)
    known = math.isfinite(value)
    return Cell(text, value if known else None, round(value / highest, 4) if known and highest else None)


def facts(study: Study) -> str:
    """What ran, in one line."""
    frame = tidy(study.results)
    if not len(frame):
        return "no results"
    samples = frame[["data", "id", "sample"]].astype(str).drop_duplicates()
    counts = [
        (len(frame[list(METHOD)].drop_duplicates()), "explainer"),
        (frame["metric"].nunique(), "metric"),
        (frame["model"].nunique(), "model"),
        (len(samples[samples["id"] != ""]), "sample"),
        (frame["seed"].nunique(), "seed"),
    ]
    return " · ".join(f"{whole(count)} {name}{'' if count == 1 else 's'}" for count, name in counts if count)


def failures(study: Study) -> list[dict[str, str]]:
    """What failed: `where`, the last line of the error, and all of it."""
    found = []
    for failure in study.failures:
        error = str(failure.get("error") or "no message").strip()
        known = [f"{key} {value}" for key, value in failure.items() if key not in ("cell", "error") and _given(value)]
        where = " · ".join(known) or str(failure.get("cell", ""))
        found.append(
            {"where": where, "cell": str(failure.get("cell", "")), "line": error.splitlines()[-1], "error": error}
        )
    return found


def citations(study: Study) -> str:
    """All BibTeX entries once, in order of use."""
    entries = (str(item.get("bibtex") or "").strip() for item in study.provenance)
    return "\n\n".join(dict.fromkeys(entry for entry in entries if entry))


def _given(value: Any) -> bool:
    return value is not None and value != "" and value == value


def _directions(study: Study) -> dict[str, str]:
    frame = tidy(study.results)
    return dict(zip(frame["metric"], frame["better"], strict=True)) if len(frame) else {}


def _scope(model: str, data: str) -> str:
    return f"{model} on {data}"


def _mean(ranks: list[int]) -> float:
    return sum(ranks) / len(ranks) if ranks else math.inf


def _last(value: float) -> float:
    return value if math.isfinite(value) else math.inf
