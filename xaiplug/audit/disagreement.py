"""The one sample on which two choices say the opposite of each other most plainly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import numpy as np

from xaiplug.audit.tables import Table
from xaiplug.data.explanation import Explanation
from xaiplug.data.joining import take
from xaiplug.data.study import METHOD, Method, Panel
from xaiplug.run.cell import EXPLANATION
from xaiplug.run.cells import Cell
from xaiplug.run.collect import finished
from xaiplug.run.planfile import open_workspace
from xaiplug.run.store import Store
from xaiplug.run.study import panel_of


@dataclass(frozen=True)
class Disagreement:
    """Two methods, a sample, and two choices that order them differently there.

    Attributes:
        values: choice -> what the metric gives the first and the second method, higher is better.
    """

    model: str
    data: str
    metric: str
    methods: tuple[str, str]
    sample: int
    values: Mapping[str, tuple[float, float]]


def disagreement(tables: Sequence[Table]) -> Disagreement | None:
    """The one whose smaller lead is the largest, in units of the metric's spread; None where all agree."""
    best: tuple[float, Disagreement] | None = None
    for table in tables:
        spread = float(np.nanstd(table.values)) if np.isfinite(table.values).any() else 0.0
        for one, two in combinations(range(len(table.methods)), 2):
            gaps = table.values[..., one] - table.values[..., two]
            first = gaps[table.own].mean(0)
            with np.errstate(invalid="ignore"):
                size = np.where(first * gaps < 0, np.minimum(np.abs(first), np.abs(gaps)), 0.0)
            if not spread > 0 or not (largest := float(np.nanmax(size, initial=0.0))) > 0:
                continue
            choice, sample = np.unravel_index(int(np.nanargmax(size)), size.shape)
            if best is None or largest / spread > best[0]:
                told = [table.own[0], int(choice)]
                values = {
                    table.choices[c]: (float(v[one]), float(v[two])) for c in told for v in [table.values[c, sample]]
                }
                names = table.methods[one], table.methods[two]
                best = largest / spread, Disagreement(table.model, table.data, table.family, names, int(sample), values)
    return best[1] if best else None


def pictured(store: Store, found: Disagreement) -> Panel | None:
    """The sample, and the maps of both methods as the study made them; None where it is no image."""
    maps: dict[str, Explanation] = {}
    workspace = open_workspace(Path(store.folder))
    for entry, _ in finished(store, ("explain",), EXPLANATION, seed=workspace.config.file.seeds[0]):
        name = str(Method.of([entry[column] for column in METHOD]))
        if (entry["model"], entry["data"]) == (found.model, found.data) and name in found.methods:
            maps[name] = take(Explanation.load(store.cell(entry["id"]) / EXPLANATION), [found.sample])
    if len(maps) < len(found.methods):
        return None
    selected = workspace.selected(Cell("explain", found.model, found.data))
    return panel_of(workspace, found.model, found.data, selected.samples[[found.sample]], 0, maps)
