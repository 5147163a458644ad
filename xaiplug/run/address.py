"""The id of a cell: what its result depends on, part by part, so that a plan can say which part changed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

from xaiplug.config import With
from xaiplug.config.fits import PINS, needs_of
from xaiplug.kinds import Component
from xaiplug.origins import digest
from xaiplug.run import compute, key
from xaiplug.run.cells import Cell
from xaiplug.run.key import Leaves, cell_id
from xaiplug.run.workspace import Workspace

UNKNOWN = "unknown"
"""The part of a cell whose address cannot be made (a model that does not load): running the cell tells the error."""


@dataclass(frozen=True)
class Address:
    """A cell's id, and what it was made of.

    Attributes:
        parts: role -> digest of that part.
        leaves: the same digest -> the part itself, name of each thing and its value, version or hash. A name that ends
            in `of` means the one that plays the role. Names of the run file are in none: renaming changes no id.
    """

    id: str
    parts: Mapping[str, str]
    leaves: Mapping[str, Leaves] = field(default_factory=dict)


def address(workspace: Workspace, cell: Cell, inputs: list[str]) -> Address:
    """The address of a cell; the same for the same plan, whoever asks."""
    try:
        leaves = _leaves(workspace, cell)
    except Exception:
        leaves = {UNKNOWN: {"names": json.dumps(cell.plain(), sort_keys=True)}}
    leaves["xaiplug"] = workspace.once(("part", "xaiplug"), lambda: {"xaiplug": digest(key.core())})
    named = {role: (digest(part)[:24], part) for role, part in leaves.items()}
    parts = {role: short for role, (short, _) in named.items()}
    return Address(cell_id(cell.kind, [parts, inputs, cell.seed]), parts, dict(named.values()))


def _leaves(workspace: Workspace, cell: Cell) -> dict[str, Leaves]:
    if cell.kind == "segment":
        return {
            "segmenter": _component(workspace, "segmenters", cell.segmenter),
            "data": {"images of": workspace.images_fingerprint(cell)},
        }
    leaves: dict[str, Leaves] = {}
    if cell.kind in ("explain", "retrain"):
        leaves |= _pins(workspace, cell, "explainer", compute.given_to_explainer(workspace, cell))
        leaves |= {"model": workspace.traits(cell.model), "answers": {"answers of": workspace.answers(cell)}}
        leaves |= {"data": _data(workspace, cell)}
        leaves |= {"target": {"target": json.dumps(compute.target_of(workspace, cell).model_dump(), sort_keys=True)}}
    if cell.kind in ("score", "compare", "retrain"):
        leaves |= _pins(workspace, cell, "metric", compute.given_to_metric(workspace, cell))
        scale = getattr(getattr(workspace.variant("metrics", cell.metric_entry), "entry", None), "scale", None)
        leaves["scale"] = {"scale of": str(scale)}
    if cell.kind == "retrain":
        task = workspace.config.file.models[cell.model].model_dump()
        leaves["task"] = {"seeds": str(workspace.config.file.seeds), "task": json.dumps(task, sort_keys=True)}
    return leaves


def _pins(workspace: Workspace, cell: Cell, role: str, given: With) -> dict[str, Leaves]:
    """A component and what it is given; what a metric is given plays `metric.baseline` and so on."""
    section, label = ("explainers", cell.explainer) if role == "explainer" else ("metrics", cell.metric_entry)
    before = "" if role == "explainer" else "metric."
    leaves = {role: _component(workspace, section, label)}
    for pin, its_section in PINS.items():
        if (variant := getattr(given, pin)) is not None:
            leaves[before + pin] = _component(workspace, its_section, variant.label)
    component = workspace.component(section, label)
    if component is not None and "pool" in needs_of(component, given):
        leaves["pool"] = {"samples of": workspace.pool_fingerprint(cell.model)}
    return leaves


def _component(workspace: Workspace, section: str, label: str) -> Leaves:
    def made() -> Leaves:
        variant = workspace.variant(section, label)
        component: Component | None = None if variant is None else variant.component
        return key.identity(component, lambda name: workspace.once(("wheel", name), partial(key.wheel_of, name)))

    return workspace.once(("part", section, label), made)


def _data(workspace: Workspace, cell: Cell) -> Leaves:
    selected = workspace.selected(cell)
    made = workspace.once(
        ("part", "data", id(selected)),
        lambda: {"samples of": selected.fingerprint, "choice of": digest(selected.indices)},
    )
    return dict(made)
