"""A claim judged by the results of its run: by the audit's intervals, over samples and choices."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd

from xaiplug.audit.intervals import Floats, Interval, differ, over_both, over_samples, samples_needed
from xaiplug.audit.verdicts import side_of
from xaiplug.claims.judged import Judged, Word
from xaiplug.claims.schema import Better, Equal, Larger, Value
from xaiplug.claims.words import sentence
from xaiplug.data.study import METHOD, SETTINGS, Method
from xaiplug.errors import ConfigError, did_you_mean, listing

FEWEST_WAYS = 2
"""Ways of looking at one comparison (baselines, seeds, networks, ...) below which nothing held or did not hold."""


@dataclass(frozen=True, eq=False)
class Row:
    """One choice: what it is, by factor, and a number for each sample."""

    levels: dict[str, str]
    values: pd.Series[float]


def judge(statement: Better | Value, results: pd.DataFrame) -> Judged:
    """The verdict on a statement.

    A choice is for the claim where its interval is on the claim's side (of 0; inside `within` or `tolerance`), against
    it where it is on the other. With C choices each interval has the level 1 - .05/C, so that all hold together.

    held: every choice is for it. depends: some are, and some are against it or certainly differ from the others.
    did-not-hold: none is for it, more than half against. undecided: the rest, and whatever was looked at in one way
    only. So some for it and the others open is undecided, unless something tells them apart (`differ`).

    A metric with one value a study is judged over the study's seeds: each is a sample.

    Args:
        results: `results.parquet` of the run: columns `RESULTS_COLUMNS`.

    Raises:
        ConfigError: the statement names what the results do not have.
    """
    frame = _looked_at(statement, results)
    of_study = frame["sample"] < 0
    if of_study.any():
        seeds = frame["seed"].astype(str)
        if seeds[of_study].nunique() < 2:
            told = "has one value a study, which nothing tells from chance; give the run file more seeds"
            return Judged("undecided", f"{listing(statement.metric)} {told}")
        frame = frame.assign(id=frame["id"].mask(of_study, seeds), seed=seeds.mask(of_study, ""))
    rows = _differences(statement, frame) if isinstance(statement, Better) else _values(statement, frame)
    if not rows:
        raise ConfigError("no choice has both methods; see the run's leaderboard for what goes with what")
    table = pd.concat([row.values for row in rows], axis=1).to_numpy(np.float64).T
    level = 1 - 0.05 / len(rows)
    each = [over_samples(values, level=level) for values in table]
    margin = statement.within if isinstance(statement, Equal) else getattr(statement, "tolerance", None)
    sides = [_side(one, margin, level) for one in each]
    named = list(zip(_names(rows), sides, strict=True))
    holds, flips, undecided = (tuple(name for name, side in named if side == wanted) for wanted in (1, -1, 0))
    needed = [_needed(row, margin) for row, side in zip(table, sides, strict=True) if not side]
    ways = max(Counter(row.levels["pair"] for row in rows).values())
    whole = _whole(table, each)
    found = Judged(
        _word(len(holds), len(flips), len(rows), ways, apart=bool(holds) and differ(table)),
        "",
        _number(whole.mean),
        (_number(whole.low), _number(whole.high)),
        min(one.samples for one in each),
        len(rows),
        holds,
        flips,
        undecided,
        _number(max(needed, default=math.nan)),
    )
    return replace(found, why=sentence(found, few=ways < FEWEST_WAYS))


def _looked_at(statement: Better | Value, results: pd.DataFrame) -> pd.DataFrame:
    """The rows of the statement's metrics, models and data."""
    named = results["metric"].str.partition("[")[0]
    known = {*results["metric"], *named}
    for metric in statement.metric:
        if metric not in known:
            raise ConfigError(f"no metric '{metric}' in the results{did_you_mean(metric, known)} ({listing(known)})")
    frame = results[results["metric"].isin(statement.metric) | named.isin(statement.metric)]
    for column, names in (("model", statement.models), ("data", statement.data and [statement.data])):
        if names is not None:
            known = set(frame[column])
            if lacking := [name for name in names if name not in known]:
                raise ConfigError(f"no {column} '{lacking[0]}' in the results ({listing(known)})")
            frame = frame[frame[column].isin(names)]
    if frame["data"].nunique() > 1:
        raise ConfigError(f"the results are of several data sets ({listing(set(frame['data']))}); name one: data: NAME")
    return frame.assign(method=[str(Method.of(row)) for row in frame[list(METHOD)].itertuples(index=False, name=None)])


def _differences(statement: Better, frame: pd.DataFrame) -> list[Row]:
    rows, signed = [], not isinstance(statement, Larger | Equal)
    for a, b in statement.pairs:
        named = {"model"} if "@" in a + b else set()
        named |= set(SETTINGS) if "(" in a + b else set()
        for (one, first), (other, second) in product(*(_named(name, frame, signed=signed).items() for name in (a, b))):
            if levels := _together(dict(one), dict(other), named):
                rows.append(Row({"pair": f"{a} against {b}"} | levels, first - second))
    return rows


def _values(statement: Value, frame: pd.DataFrame) -> list[Row]:
    """How far the values are on the claim's side of the bound; what is printed, minus it."""
    rows = []
    for method in statement.method:
        for levels, values in _named(method, frame, signed=False).items():
            if statement.below is not None:
                gap = statement.below - values
            else:
                gap = values - (statement.above if statement.above is not None else statement.printed)
            rows.append(Row({"pair": method} | dict(levels), gap))
    return rows


def _named(name: str, frame: pd.DataFrame, *, signed: bool) -> dict[tuple[tuple[str, str], ...], Any]:
    """Each thing that goes by a name: its factors, and its values by the sample's id, higher better if `signed`."""
    method, _, model = (part.strip() for part in name.partition("@"))
    chosen = frame[(frame["method"] == method) | (frame["explainer"] == method)]
    if model:
        chosen = chosen[chosen["model"] == model]
    if chosen.empty:
        known = {*frame["method"], *frame["explainer"]}
        alike = "an entry that is the same as another goes by the name of one of them"
        hint = did_you_mean(method, known)
        raise ConfigError(f"no method '{name}' in the results{hint} ({listing(known)}); {alike}")
    if signed and not chosen["better"].isin(["higher", "lower"]).all():
        raise ConfigError(f"metric {listing(set(chosen['metric']))} has no direction, so nothing is better by it")
    factors = ["model", "metric", "seed", *SETTINGS]
    found = {}
    for levels, part in chosen.groupby(factors, sort=False):
        sign = np.where(part["better"] == "lower", -1.0, 1.0) if signed else 1.0
        values = pd.Series(part["value"].to_numpy(np.float64) * sign, index=part["id"])
        found[tuple(zip(factors, map(str, levels), strict=True))] = values.where(np.isfinite(values))
    return found


def _together(one: dict[str, str], other: dict[str, str], named: set[str]) -> dict[str, str] | None:
    """The factors of two things that may be compared, None if they may not.

    They are alike, but for what one does without, and for `named`: what the statement itself sets apart.
    """
    levels = {}
    for factor in one:
        alike = one[factor] == other[factor] or (factor in SETTINGS and not (one[factor] and other[factor]))
        if not alike and factor not in named:
            return None
        levels[factor] = (one[factor] or other[factor]) if alike else ""
    return levels


def _names(rows: Sequence[Row]) -> list[str]:
    """A name for each choice: what is compared, and the factors that vary for one comparison."""
    levels = pd.DataFrame([row.levels for row in rows])
    others = [name for name in rows[0].levels if name != "pair"]
    factors = [name for name in others if (levels.groupby("pair")[name].nunique() > 1).any()]
    factors = ["pair", *factors] if levels["pair"].nunique() > 1 else factors
    told = []
    for row in rows:
        named = {name: row.levels[name] for name in factors if row.levels[name]}
        told.append([value if name in ("pair", "metric") else f"{name} {value}" for name, value in named.items()])
    return [", ".join(parts) or "as run" for parts in told]


def _side(interval: Interval, margin: float | None, level: float) -> int:
    """1 for the claim, -1 against it, 0 for neither."""
    if margin is None:
        return side_of(interval, level)
    over, under = (side_of(_moved(interval, by), level) for by in (margin, -margin))
    if over == 1 and under == -1:
        return 1
    return -1 if over == -1 or under == 1 else 0


def _moved(interval: Interval, by: float) -> Interval:
    return replace(interval, low=interval.low + by, high=interval.high + by)


def _whole(table: Floats, each: Sequence[Interval]) -> Interval:
    """The mean over choices and samples; its interval over both, or over samples alone, or none."""
    found = over_both(table)
    if math.isnan(found.low):
        found = over_samples(np.asarray(table.mean(0)))
    if math.isnan(found.mean):  # no sample has a value under every choice
        return Interval(float(np.mean([one.mean for one in each])), math.nan, math.nan, 0, 0, len(each))
    return found


def _word(holds: int, flips: int, count: int, ways: int, *, apart: bool) -> Word:
    if ways < FEWEST_WAYS:
        return "undecided"
    if holds == count:
        return "held"
    if holds:
        return "depends" if flips or apart else "undecided"
    return "did-not-hold" if 2 * flips > count else "undecided"


def _needed(row: Floats, margin: float | None) -> float:
    """Samples that would settle an open choice; of a margin, those that would tell the mean from its nearer end."""
    there = row[np.isfinite(row)]
    if len(there) < 2:
        return math.nan
    gap = float(there.mean()) if margin is None else margin - abs(float(there.mean()))
    return samples_needed(float(there.std(ddof=1)), gap)


def _number(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
