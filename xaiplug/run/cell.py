"""One cell, start to end: the entry for the run itself and for outside schedulers."""

from __future__ import annotations

import json
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from xaiplug.config.fits import PINS
from xaiplug.data.explanation import Explanation
from xaiplug.data.result import MetricResult
from xaiplug.errors import StoreError, XaiplugError
from xaiplug.run import compute
from xaiplug.run.address import key
from xaiplug.run.cells import Cell
from xaiplug.run.plan import is_stochastic
from xaiplug.run.planfile import RUN, open_workspace, read_plan
from xaiplug.run.store import CELL, Store
from xaiplug.run.workspace import Workspace, device

EXPLANATION = "explanation.safetensors"
SCORES = "scores.parquet"


def run_cell(run_dir: Path | str, cell: str) -> Path:
    """Compute one cell of a run's `plan.json`, unless it is finished; its folder.

    A function of what is on disk: call it from any process, in any order that computes inputs first. Models and data
    are kept for the process.

    Raises:
        StoreError: no such cell, an input that is not finished, or a plan that is older than what it was made of.
        Exception: whatever the cell's computation raises; it is also kept in `failed/<id>/error.txt`.
    """
    store = Store(Path(run_dir))
    if store.finished(cell):
        return store.cell(cell)
    plan = read_plan(store.folder)
    if cell not in plan:
        raise StoreError(f"the plan of {store.folder} has no cell '{cell}'")
    entry = plan[cell]
    try:
        missing = [wanted for wanted in entry["inputs"] if not store.finished(wanted)]
        if missing:
            raise StoreError(f"it reads {', '.join(missing)}, which is not finished; run that first")
        _compute(_workspace(store.folder), store, cell, Cell.of(entry), entry["inputs"])
    except Exception as error:
        store.fail(cell, _told(Cell.of(entry), error))
        raise
    return store.cell(cell)


def lend(folder: Path, workspace: Workspace) -> None:
    """Let cells of a run that this process computes share a workspace: its models and data are loaded already."""
    _lent.clear()
    _lent[_stamp(folder)] = workspace


_lent: dict[tuple[Path, int], Workspace] = {}
"""The workspace of this process's last run, by the folder and the state of its run file."""


def _workspace(folder: Path) -> Workspace:
    if _stamp(folder) not in _lent:
        lend(folder, open_workspace(folder))
    return _lent[_stamp(folder)]


def _stamp(folder: Path) -> tuple[Path, int]:
    return folder.resolve(), (folder / RUN).stat().st_mtime_ns


def _compute(workspace: Workspace, store: Store, cell: str, names: Cell, inputs: list[str]) -> None:
    if key(workspace, names, inputs) != cell:
        _reach(workspace, names)
        raise StoreError("its model, data or plug-ins are not those of the plan; run the run file again")
    with store.writing(cell) as folder:
        match names.kind:
            case "segment":
                details = _segment(workspace, names)
            case "explain":
                details = _explain(workspace, names, folder)
            case "score":
                explanation = Explanation.load(store.cell(inputs[0]) / EXPLANATION)
                result = compute.score(workspace, names, explanation)
                selected = workspace.selected(names)
                rows = dict(zip(selected.indices, selected.samples.ids, strict=True))
                details = _scored(workspace, names, folder, result, rows)
            case "compare":
                explanations = [Explanation.load(store.cell(i) / EXPLANATION) for i in inputs]
                models = [store.read(i)["cell"]["model"] for i in inputs]
                result = compute.compare(workspace, names, models, explanations)
                rows = compute.common_samples([workspace.selected(replace(names, model=model)) for model in models])
                details = _scored(workspace, names, folder, result, rows)
            case "retrain":
                details = _scored(workspace, names, folder, compute.retrain(workspace, names), {})
        written = {"id": cell, "cell": names.plain() | {"inputs": inputs}, **details}
        (folder / CELL).write_text(_json(written), encoding="utf-8")


def _reach(workspace: Workspace, names: Cell) -> None:
    """Load what a cell needs, for the error that this gives; a comparison stands on cells that already did."""
    if names.kind == "compare":
        return
    if names.model:
        workspace.fingerprint(names.model)
    workspace.selected(names)


def _segment(workspace: Workspace, names: Cell) -> dict[str, Any]:
    segmenter = workspace.component("segmenters", names.segmenter)
    labels = workspace.labels(names, names.segmenter, names.seed or 0)
    groups = [int(image.unique().numel()) for image in labels]
    made = {"images": len(labels), "groups": groups, "stochastic": is_stochastic(segmenter)}
    return {**made, "components": compute.provenance(segmenter, "segmenter")}


def _explain(workspace: Workspace, names: Cell, folder: Path) -> dict[str, Any]:
    explanation = compute.explain(workspace, names)
    explanation.save(folder / EXPLANATION)
    selected = workspace.selected(names)
    given = compute.given_to_explainer(workspace, names)
    components = compute.provenance(workspace.component("explainers", names.explainer), "explainer")
    for pin in PINS:
        if (variant := getattr(given, pin)) is not None:
            components += compute.provenance(variant.component, pin)
    return {
        "components": components,
        "cost": {name: explanation.meta.get(name) for name in ("forwards", "backwards", "seconds", "peak_bytes")},
        "defaults": explanation.meta.get("defaults", {}),
        "device": str(device()),
        "indices": list(selected.indices),
        "ids": list(selected.samples.ids),
        "model": workspace.fingerprint(names.model),
        "data": selected.fingerprint,
        "target": compute.target_of(workspace, names).model_dump(),
        "seeds": [names.seed],
    }


def _scored(
    workspace: Workspace, names: Cell, folder: Path, result: MetricResult, rows: dict[int, str]
) -> dict[str, Any]:
    """Write values and curves; `rows` are place and id of each sample. A value of the whole study has place -1."""
    count, seeds = len(result.values), workspace.config.file.seeds
    whole = len(rows) != count
    columns: dict[str, Any] = {
        "sample": [-1] * count if whole else list(rows),
        "id": [""] * count if whole else list(rows.values()),
        "value": result.values.detach().double().cpu().numpy(),
    }
    if names.seed is None:  # the metric goes through seeds of its own, from the study's first on
        columns["seed"] = seeds if len(seeds) == count else [seeds[0] + row for row in range(count)]
    else:
        columns["seed"] = [names.seed] * count
    if result.curve is not None:
        columns["curve"] = result.curve.detach().double().cpu().tolist()
    pd.DataFrame(columns).to_parquet(folder / SCORES, index=False)
    given = compute.given_to_metric(workspace, names)
    components = compute.provenance(workspace.component("metrics", names.metric_entry), "metric")
    for pin in PINS:
        if (variant := getattr(given, pin)) is not None:
            components += compute.provenance(variant.component, f"metric.{pin}")
    return {
        "components": components,
        "better": result.better or "",
        "unit": result.unit,
        "steps": None if result.steps is None else result.steps.detach().double().tolist(),
        "seeds": sorted(set(columns["seed"])),
    }


def _told(cell: Cell, error: Exception) -> str:
    """The cell, the message, and where it came from."""
    kind = "" if isinstance(error, XaiplugError) else f"{type(error).__name__}: "
    trace = "".join(traceback.format_exception(error))
    return f"{cell.name}\n{kind}{error}\n\n{trace}"


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, sort_keys=True, default=str) + "\n"
