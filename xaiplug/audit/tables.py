"""A finished run as tables: per model, data and metric, the values of every method under every choice."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from xaiplug.audit.intervals import Floats
from xaiplug.config.fits import Variant
from xaiplug.config.sweep import expand
from xaiplug.data.study import METHOD, Method
from xaiplug.errors import StoreError
from xaiplug.run.cell import SCORES
from xaiplug.run.collect import finished, read_scores
from xaiplug.run.planfile import open_workspace
from xaiplug.run.store import Store
from xaiplug.run.workspace import Workspace

PINS = ("segmenter", "baseline", "imputer")
FACTORS = ("swept", *(f"metric_{pin}" for pin in PINS), "seed")
COLUMNS = ("model", "data", *METHOD, "family", *FACTORS, "sample", "id", "value", "better")
"""Of scores, a row a value; `family` is the metric's name before its sweep, `swept` its swept parameters as JSON."""


@dataclass(frozen=True, eq=False)
class Table:
    """One metric on one model and data set.

    Attributes:
        family: the metric's name in the run file, before its sweep.
        truth: whether it measures against a known truth.
        values: (C,S,M), higher is better, NaN where there is none; S are the same samples for every table of this model
            and data.
        levels: of each choice: factor -> level.
        methods: as the leaderboard names them.
        blind: numbers of the methods that look at nothing (`random`).
    """

    model: str
    data: str
    family: str
    truth: bool
    values: Floats
    levels: tuple[Mapping[str, str], ...]
    methods: tuple[str, ...]
    blind: tuple[int, ...] = ()

    @property
    def choices(self) -> tuple[str, ...]:
        """Names of the choices: the levels that vary."""
        factors = [name for name in self.levels[0] if len({level[name] for level in self.levels}) > 1]
        return tuple(" ".join(f"{name}={level[name]}" for name in factors) or "as run" for level in self.levels)


def tables_of(store: Store) -> tuple[list[Table], list[str]]:
    """The tables of a run's finished cells, and a sentence for each metric that makes none.

    Raises:
        StoreError: nothing was run there, or cells are damaged.
    """
    workspace = open_workspace(store.folder)
    frames, reasons = [], {}
    truths, blind = set(), set()
    for entry, stored in finished(store, ("score", "compare", "retrain"), SCORES):
        metric = _variant(workspace, "metrics", entry["metric_entry"])
        rows = read_scores(store.cell(entry["id"]) / SCORES, ["seed", "sample", "id", "value"]).to_pandas()
        if stored["better"] not in ("higher", "lower"):
            reasons[metric.name] = f"metric '{metric.name}' has no direction, so it ranks nothing"
        elif (rows["sample"] < 0).any():
            reasons[metric.name] = f"metric '{metric.name}' has one value a study, not one a sample"
        else:
            if {"relevant", "exact"} & set(metric.needs):
                truths.add(metric.name)
            if _variant(workspace, "explainers", entry["explainer"]).entry.use == "random":
                blind.add(entry["explainer"])
            named = {name: entry[name] for name in COLUMNS if name in entry and name not in rows}
            frames.append(rows.assign(**named, family=metric.name, swept=_swept(metric), better=stored["better"]))
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))
    return tables(frame, truths, blind), list(reasons.values())


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
            levels, values = _values(rows, samples)
            unseeing = tuple(place for place, method in enumerate(methods) if method.explainer in blind)
            names = tuple(map(str, methods))
            found.append(Table(str(model), str(data), str(family), family in truths, values, levels, names, unseeing))
    return found


def _values(rows: pd.DataFrame, samples: pd.MultiIndex) -> tuple[tuple[Mapping[str, str], ...], Floats]:
    """Levels of each choice, and (C,S,M).

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
    return tuple(_level(dict(zip(varied, choice, strict=True))) for choice in choices), values


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


def _swept(metric: Variant) -> str:
    """The swept parameters of an entry, as JSON: name -> value as text."""
    for swept in expand(metric.name, metric.entry):
        if swept.label == metric.label:
            return json.dumps({name: str(swept.params[name]) for name in swept.places})
    return "{}"


def _variant(workspace: Workspace, section: str, label: str) -> Variant:
    found = workspace.variant(section, label)
    if found is None:
        raise StoreError(f"a score in the plan has no {section[:-1]}; run the run file again")
    return found
