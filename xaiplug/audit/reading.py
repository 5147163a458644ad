"""The tables of a run, and of one that was done again under other choices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from xaiplug.audit.choices import BLIND, CONTROLS, Choice
from xaiplug.audit.tables import AS_RUN, COLUMNS, PINS, Table, tables
from xaiplug.config.fits import Variant
from xaiplug.config.sweep import expand
from xaiplug.errors import StoreError
from xaiplug.run.cell import SCORES
from xaiplug.run.cells import Cell
from xaiplug.run.collect import finished, read_scores
from xaiplug.run.planfile import open_workspace
from xaiplug.run.store import Store
from xaiplug.run.workspace import Workspace

SETTINGS = {"explainer": (*PINS, "references"), "metric_entry": tuple(f"metric_{pin}" for pin in PINS)}
"""Whose label, and the columns that say what it was given."""

GROUP = "group"
"""Column of a data set's extras: samples with the same number depend on each other, as frames of one film do."""

VALUES = ["seed", "sample", "id", "value"]


@dataclass(frozen=True, eq=False)
class Scored:
    """A finished score: its names in the plan, and its rows (seed, sample, id, value)."""

    names: Mapping[str, Any]
    rows: pd.DataFrame
    better: str | None
    unit: str | None


def tables_of(store: Store, choices: Sequence[Choice] = ()) -> tuple[list[Table], list[str]]:
    """The tables of a run's finished cells, and a sentence for each metric that makes none.

    Args:
        choices: of an audit, the study as run first; none: the run is as it is.

    Raises:
        StoreError: nothing was run there, or cells are damaged.
    """
    workspace = open_workspace(store.folder)
    scores = [
        Scored(
            entry, read_scores(store.cell(entry["id"]) / SCORES, VALUES).to_pandas(), stored["better"], stored["unit"]
        )
        for entry, stored in finished(store, ("score", "compare", "retrain"), SCORES)
    ]
    kept, reasons = _ranking(workspace, scores)
    study = _Study(workspace, kept, choices)
    varied = [choice for choice in choices if not choice.control]
    frame = pd.concat([study.rows(choice) for choice in varied] or [study.as_it_is()], ignore_index=True)
    found = tables(frame, study.truths, study.blind)
    for choice in choices:
        if choice.control:
            controls = tables(study.rows(choice))
            found = [_with_control(table, CONTROLS[choice.control], controls) for table in found]
    return [replace(table, groups=_groups(workspace, table)) for table in found], reasons


def _groups(workspace: Workspace, table: Table) -> tuple[int, ...] | None:
    """What the data say in their column `GROUP`, if they have it."""
    samples = workspace.selected(Cell("explain", table.model.split(" + ")[0], table.data)).samples
    if GROUP not in samples.extras:
        return None
    known = dict(zip(samples.ids, samples.extras[GROUP].tolist(), strict=True))
    return tuple(known[name] for name in table.ids)


def _ranking(workspace: Workspace, scores: Sequence[Scored]) -> tuple[list[Scored], list[str]]:
    """The scores that rank methods sample by sample, and why others do not."""
    kept, reasons = [], {}
    for one in scores:
        name = _variant(workspace, "metrics", one.names["metric_entry"]).name
        if one.better not in ("higher", "lower"):
            reasons[name] = f"metric '{name}' has no direction, so it ranks nothing"
        elif (one.rows["sample"] < 0).any():
            reasons[name] = f"metric '{name}' has one value a study, not one a sample"
        else:
            kept.append(one)
    return kept, list(reasons.values())


class _Study:
    """The scores of a study, by the names that its run file has; those of an audit are more, under names of its own."""

    def __init__(self, workspace: Workspace, scores: Sequence[Scored], choices: Sequence[Choice]) -> None:
        self.workspace, self.scores, self.choices = workspace, scores, choices
        self.truths: set[str] = set()
        self.blind: set[str] = set()

    def as_it_is(self) -> pd.DataFrame:
        """All rows."""
        return _joined([self._told(one.names, one, {}) for one in self.scores])

    def rows(self, choice: Choice) -> pd.DataFrame:
        """The rows of one choice; a metric that it does not concern has none."""
        explainers = {label: own for own, label in choice.explainers.items()}
        metrics = {label: own for own, label in choice.metrics.items()}
        frames = []
        for one in self.scores:
            explainer, metric = explainers.get(one.names["explainer"]), metrics.get(one.names["metric_entry"])
            if explainer is None or metric is None or one.names["seed"] not in choice.seeds:
                continue
            if not self._concerns(choice, metric):
                continue
            names = {**one.names, "explainer": explainer, "metric_entry": metric}
            for whose, columns in SETTINGS.items():
                names |= {name: self._setting(whose, names[whose], name, one.names[name]) for name in columns}
            levels = {factor: choice.levels.get(factor, AS_RUN) for factor in self._factors(metric)}
            frames.append(self._told(names, one, levels))
            if choice.seeds != self.choices[0].seeds:  # the study has one, and this is another
                frames[-1] = frames[-1].assign(seed=self.choices[0].seeds[0])
        return _joined(frames)

    def _told(self, names: Mapping[str, Any], one: Scored, levels: Mapping[str, str]) -> pd.DataFrame:
        metric = _variant(self.workspace, "metrics", names["metric_entry"])
        if {"relevant", "exact"} & set(metric.needs):
            self.truths.add(metric.name)
        if _variant(self.workspace, "explainers", names["explainer"]).entry.use.split("/")[-1] in BLIND:
            self.blind.add(names["explainer"])
        told = {name: names[name] for name in COLUMNS if name in names and name not in one.rows}
        swept = json.dumps({**_swept(metric), **levels})
        return one.rows.assign(**told, family=metric.name, swept=swept, better=one.better, unit=one.unit)

    def _concerns(self, choice: Choice, metric: str) -> bool:
        """Whether no choice before gives a metric the same to measure with and the same maps."""
        if choice.control:
            return True
        same = [one for one in self.choices if not one.control and _given(one, metric) == _given(choice, metric)]
        return choice is same[0]

    def _factors(self, metric: str) -> list[str]:
        """What an audit varies for a metric: those that alone make a difference to it."""
        alone = [choice for choice in self.choices if len(choice.levels) == 1 and self._concerns(choice, metric)]
        return list(dict.fromkeys(factor for choice in alone for factor in choice.levels))

    def _setting(self, whose: str, label: str, column: str, given: str) -> str:
        """What the study gives where it gives one thing; else what is given."""
        known = self._settings.get((whose, label, column), set())
        return next(iter(known)) if len(known) == 1 else given

    @cached_property
    def _settings(self) -> dict[tuple[str, str, str], set[str]]:
        found: dict[tuple[str, str, str], set[str]] = {}
        first = self.choices[0]
        for one in self.scores:
            if one.names["explainer"] in first.explainers and one.names["metric_entry"] in first.metrics:
                for whose, columns in SETTINGS.items():
                    for name in columns:
                        found.setdefault((whose, one.names[whose], name), set()).add(one.names[name])
        return found


def _given(choice: Choice, metric: str) -> tuple[Any, ...]:
    return choice.metrics[metric], choice.explainers, choice.seeds


def _with_control(table: Table, name: str, controls: Sequence[Table]) -> Table:
    """A table that also knows how much better each map is, sample by sample, than its counterpart."""
    same = [one for one in controls if (one.model, one.data, one.family) == (table.model, table.data, table.family)]
    if not same or same[0].values.shape[1] != table.values.shape[1]:
        return table
    gaps = np.full((table.values.shape[1], len(table.methods)), np.nan)
    for column, method in enumerate(table.methods):
        if method in same[0].methods:
            other = same[0].values[..., same[0].methods.index(method)]
            gaps[:, column] = (table.values[table.own][..., column] - other).mean(0)
    return replace(table, controls={**table.controls, name: gaps})


def _joined(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=list(COLUMNS))


def _swept(metric: Variant) -> dict[str, str]:
    """The swept parameters of an entry: name -> value as text."""
    for swept in expand(metric.name, metric.entry):
        if swept.label == metric.label:
            return {name: str(swept.params[name]) for name in swept.places}
    return {}


def _variant(workspace: Workspace, section: str, label: str) -> Variant:
    found = workspace.variant(section, label)
    if found is None:
        raise StoreError(f"a score in the plan has no {section[:-1]}; run the run file again")
    return found
