"""Scores as tables: per model, data and metric, the values of every method under every choice."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from xaiplug.audit.intervals import Floats
from xaiplug.data.study import METHOD, Method

PINS = ("segmenter", "baseline", "imputer")
FACTORS = ("swept", *(f"metric_{pin}" for pin in PINS), "seed")
COLUMNS = ("model", "data", *METHOD, "family", *FACTORS, "sample", "id", "value", "better", "unit")
"""Of scores, a row a value; `family` is the metric's name before its sweep, `swept` its swept parameters as JSON."""

AS_RUN = "as run"
"""The level of a factor that an audit varies, where it is as in the study."""


@dataclass(frozen=True, eq=False)
class Table:
    """One metric on one model and data set.

    Attributes:
        family: the metric's name in the run file, before its sweep.
        truth: whether it measures against a known truth.
        values: (C,S,M), higher is better, NaN where there is none; S are the same samples for every table of this model
            and data. All in the unit of the first choice, see `in_one_unit`.
        levels: of each choice: factor -> level.
        methods: as the leaderboard names them.
        blind: numbers of the methods that look at nothing (`random`).
        controls: what the counterpart of a map is of -> (S,M), the map's value minus its counterpart's, both as the
            study chose.
        ids: of the samples.
        units: of the choices, each once; more than one where the score that a metric reads is a choice.
        groups: what each sample belongs to; those of one group depend on each other. None: each on its own.
    """

    model: str
    data: str
    family: str
    truth: bool
    values: Floats
    levels: tuple[Mapping[str, str], ...]
    methods: tuple[str, ...]
    blind: tuple[int, ...] = ()
    controls: Mapping[str, Floats] = field(default_factory=dict)
    ids: tuple[str, ...] = ()
    units: tuple[str, ...] = ()
    groups: tuple[int, ...] | None = None

    @property
    def choices(self) -> tuple[str, ...]:
        """Names of the choices: the levels that vary, without those that are as in the study."""
        factors = [name for name in self.levels[0] if len({level[name] for level in self.levels}) > 1]
        told = [[f"{name}={level[name]}" for name in factors if level[name] != AS_RUN] for level in self.levels]
        return tuple(" ".join(parts) or AS_RUN for parts in told)

    @property
    def own(self) -> list[int]:
        """Numbers of the choices that the study made itself."""
        audited = {name for level in self.levels for name, value in level.items() if value == AS_RUN}
        return [place for place, level in enumerate(self.levels) if all(level[name] == AS_RUN for name in audited)]


def tables(frame: pd.DataFrame, truths: Collection[str] = (), blind: Collection[str] = ()) -> list[Table]:
    """Tables of scores.

    Args:
        frame: columns `COLUMNS`.
        truths: metrics that measure against a known truth.
        blind: explainers that look at nothing.
    """
    found = []
    for (model, data), part in frame.groupby(["model", "data"], sort=False) if len(frame) else ():
        samples = pd.MultiIndex.from_frame(part[["sample", "id"]].drop_duplicates().sort_values("sample"))
        for family, rows in part.groupby("family", sort=False):
            methods = [Method.of(row) for row in _unique(rows, METHOD)]
            levels, units, values = _values(rows, samples)
            unseeing = tuple(place for place, method in enumerate(methods) if method.explainer in blind)
            names, ids = tuple(map(str, methods)), tuple(samples.get_level_values("id"))
            truth = family in truths
            named = str(model), str(data), str(family), truth
            once = tuple(dict.fromkeys(units))
            found.append(Table(*named, in_one_unit(values, units), levels, names, unseeing, ids=ids, units=once))
    return found


def in_one_unit(values: Floats, units: Sequence[str]) -> Floats:
    """Values (C,S,M) in the unit of the first choice: those of another are scaled to the same spread within a choice.

    A logit is no probability, and a mean over both would be that of the larger numbers.
    """
    spreads = {}
    for unit in dict.fromkeys(units):
        own = values[[name == unit for name in units]]
        spreads[unit] = float(np.sqrt(np.nanmean(np.square(own - np.nanmean(own, (1, 2), keepdims=True)))))
    scales = [spreads[units[0]] / spreads[unit] if spreads[unit] > 0 else 1.0 for unit in units]
    scaled: Floats = values * np.array(scales)[:, None, None]
    return scaled


def _values(
    rows: pd.DataFrame, samples: pd.MultiIndex
) -> tuple[tuple[Mapping[str, str], ...], tuple[str, ...], Floats]:
    """Levels and unit of each choice, and (C,S,M).

    What differs only with the method is no choice: it would leave nothing to compare.
    """
    by_method = rows.groupby(list(METHOD), sort=False)
    varied = [name for name in FACTORS if (by_method[name].nunique() > 1).any()]
    choices, methods = _unique(rows, varied) if varied else [()], _unique(rows, METHOD)
    numbers = {choice: place for place, choice in enumerate(choices)}
    columns = {method: place for place, method in enumerate(methods)}
    signed = pd.to_numeric(rows["value"]).to_numpy(np.float64) * np.where(rows["better"] == "higher", 1.0, -1.0)
    signed[~np.isfinite(signed)] = np.nan
    values = np.full((len(choices), len(samples), len(methods)), np.nan)
    at = samples.get_indexer(pd.MultiIndex.from_frame(rows[["sample", "id"]]))
    which = [numbers[name] for name in _tuples(rows, varied)]
    values[which, at, [columns[name] for name in _tuples(rows, METHOD)]] = signed
    units = dict(zip(which, rows["unit"].astype(str), strict=True))
    levels = tuple(_level(dict(zip(varied, choice, strict=True))) for choice in choices)
    return levels, tuple(units[place] for place in range(len(choices))), values


def _level(named: dict[str, Any]) -> dict[str, str]:
    """Factor -> level; each swept parameter is a factor."""
    swept: dict[str, str] = json.loads(named.pop("swept", "{}"))
    return swept | {name.removeprefix("metric_"): str(value) for name, value in named.items()}


def _unique(rows: pd.DataFrame, names: Sequence[str]) -> list[tuple[Any, ...]]:
    return list(dict.fromkeys(_tuples(rows, names)))


def _tuples(rows: pd.DataFrame, names: Sequence[str]) -> list[tuple[Any, ...]]:
    if not names:
        return [()] * len(rows)
    return list(rows[list(names)].itertuples(index=False, name=None))
