"""One cell, start to end: the entry for the run itself and for outside schedulers."""

from __future__ import annotations

import threading
import traceback
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xaiplug.config.fits import PINS
from xaiplug.data.explanation import Explanation
from xaiplug.data.result import MetricResult
from xaiplug.data.storage import write_explanation
from xaiplug.errors import StoreError, XaiplugError
from xaiplug.run import compute
from xaiplug.run.address import address
from xaiplug.run.cells import Cell
from xaiplug.run.claims import claimed
from xaiplug.run.plan import is_stochastic
from xaiplug.run.planfile import RUN, open_workspace, read_entry
from xaiplug.run.store import DamagedError, Store, write_cell
from xaiplug.run.threads import threads
from xaiplug.run.workspace import Workspace, device

EXPLANATION = "explanation.safetensors"
SCORES = "scores.parquet"


class WaitsError(StoreError):
    """A cell that reads others which are not finished."""


def run_cell(run_dir: Path | str, cell: str, *, wait: bool = True) -> Path:
    """Compute one cell of a run's `plan.json`, unless it is finished; its folder.

    A function of what is on disk: call it from any process, in any order that computes inputs first. Models and data
    are kept for the process. An input that is damaged is set aside and computed again. While another process computes
    the cell it is waited for, or, if not `wait`, the cell is left to it.

    Raises:
        WaitsError: an input that is not finished.
        BusyError: another process computes it.
        StoreError: no such cell, or a plan that is older than what it was made of.
        Exception: whatever the cell's computation raises; it is also kept in `failed/<id>/error.txt`.
    """
    store = Store(Path(run_dir))
    if store.finished(cell):
        return store.cell(cell)
    entry = read_entry(store.folder, cell)
    if entry is None:
        raise StoreError(f"the plan of {store.folder} has no cell '{cell}'")
    missing = [wanted for wanted in entry["inputs"] if not store.finished(wanted)]
    if missing:
        raise WaitsError(f"it reads {', '.join(missing)}, which is not finished; run that first")
    with _one_at_a_time, claimed(store.folder, cell, wait=wait):
        if not store.finished(cell):
            _attempt(store, cell, entry)
    return store.cell(cell)


_one_at_a_time = threading.RLock()
"""Threads of one process share its models, and the number of threads they compute with."""


def _attempt(store: Store, cell: str, entry: dict[str, Any]) -> None:
    try:
        workspace = _workspace(store.folder)
        with threads(workspace.config.file.threads):
            _compute(workspace, store, cell, Cell.of(entry), entry["inputs"])
    except Exception as error:
        store.fail(cell, _told(Cell.of(entry), error))
        raise


def lend(folder: Path, workspace: Workspace) -> None:
    """Let cells of a run that this process computes share a workspace: its models and data are loaded already."""
    _lent.clear()
    _lent[_stamp(folder)] = workspace


_lent: dict[tuple[Path, int], Workspace] = {}
"""The workspace of this process's last run, by the folder and the state of its run file."""


def _workspace(folder: Path) -> Workspace:
    if _stamp(folder) not in _lent:
        lend(folder, open_workspace(folder, trains=False))  # the run that planned has trained its models
    return _lent[_stamp(folder)]


def _stamp(folder: Path) -> tuple[Path, int]:
    return folder.resolve(), (folder / RUN).stat().st_mtime_ns


def _compute(workspace: Workspace, store: Store, cell: str, names: Cell, inputs: list[str]) -> None:
    if address(workspace, names, inputs).id != cell:
        _reach(workspace, names)
        raise StoreError("its model, data or plug-ins are not those of the plan; run the run file again")
    explanation: Explanation | None = None
    result: MetricResult | None = None
    match names.kind:
        case "segment":
            details = _segment(workspace, names)
        case "explain":
            explanation = compute.explain(workspace, names)
            details = _explained(workspace, names, explanation)
        case "score":
            result = compute.score(workspace, names, _explanation(store, inputs[0]))
            selected = workspace.selected(names)
            rows = dict(zip(selected.indices, selected.samples.ids, strict=True))
        case "compare":
            explanations = [_explanation(store, one) for one in inputs]
            models = [store.read(one)["cell"]["model"] for one in inputs]
            result = compute.compare(workspace, names, models, explanations)
            rows = compute.common_samples([workspace.selected(replace(names, model=model)) for model in models])
        case "retrain":
            result, rows = compute.retrain(workspace, names), {}
    with store.writing(cell) as folder:
        if explanation is not None:
            write_explanation(explanation, folder / EXPLANATION)
        if result is not None:
            details = _scored(workspace, names, folder, result, rows)
        write_cell(folder, {"id": cell, "cell": names.plain() | {"inputs": inputs}, **details})


def _explanation(store: Store, cell: str) -> Explanation:
    """The explanation of a finished cell; one that is damaged is computed again."""
    try:
        return Explanation.load(store.file(cell, EXPLANATION))
    except DamagedError as error:
        entry = read_entry(store.folder, cell)
        store.set_aside(cell, error.why, Cell.of(entry).name if entry else "")
        return Explanation.load(run_cell(store.folder, cell) / EXPLANATION)


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


def _explained(workspace: Workspace, names: Cell, explanation: Explanation) -> dict[str, Any]:
    selected = workspace.selected(names)
    given = compute.given_to_explainer(workspace, names)
    components = compute.provenance(workspace.component("explainers", names.explainer), "explainer")
    for pin in PINS:
        if (variant := getattr(given, pin)) is not None:
            components += compute.provenance(variant.component, pin)
    return {
        "components": components,
        "cost": _cost(explanation.meta),
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
    drawn = [names.seed] * count
    if names.seed is None:  # the metric goes through seeds of its own, from the study's first on
        drawn = list(seeds) if len(seeds) == count else [seeds[0] + row for row in range(count)]
    columns: dict[str, Any] = {
        "sample": pa.array([-1] * count if whole else list(rows), pa.int64()),
        "id": pa.array([""] * count if whole else list(rows.values()), pa.string()),
        "value": pa.array(result.values.detach().double().cpu().numpy()),
        "seed": pa.array(drawn, pa.int64()),
    }
    for name, values in result.extras.items():
        columns[f"extras.{name}"] = pa.array(values.detach().double().cpu().numpy())
    if result.curve is not None:
        columns["curve"] = pa.array(list(result.curve.detach().double().cpu().numpy()), pa.list_(pa.float64()))
    pq.write_table(pa.table(columns), folder / SCORES)
    given = compute.given_to_metric(workspace, names)
    components = compute.provenance(workspace.component("metrics", names.metric_entry), "metric")
    for pin in PINS:
        if (variant := getattr(given, pin)) is not None:
            components += compute.provenance(variant.component, f"metric.{pin}")
    return {
        "components": components,
        "cost": _cost(result.meta),
        "better": result.better or "",
        "unit": result.unit,
        "steps": None if result.steps is None else result.steps.detach().double().tolist(),
        "seeds": sorted(set(drawn)),
    }


def _cost(meta: dict[str, Any]) -> dict[str, Any]:
    return {name: meta.get(name) for name in ("forwards", "backwards", "seconds", "peak_bytes")}


def _told(cell: Cell, error: Exception) -> str:
    """The cell, the message, and where it came from."""
    kind = "" if isinstance(error, XaiplugError) else f"{type(error).__name__}: "
    trace = "".join(traceback.format_exception(error))
    return f"{cell.name}\n{kind}{error}\n\n{trace}"
