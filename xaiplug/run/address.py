"""The id of a cell: what its result depends on."""

from __future__ import annotations

from typing import Any

from xaiplug.config import With
from xaiplug.config.fits import PINS, needs_of
from xaiplug.kinds import Component, Segmenter
from xaiplug.run import compute
from xaiplug.run.cells import Cell
from xaiplug.run.key import cell_id, digest, identity
from xaiplug.run.segments import image_keys
from xaiplug.run.workspace import Workspace


def key(workspace: Workspace, cell: Cell, inputs: list[str]) -> str:
    """The cell's id: a hash of everything that its result depends on.

    Where that cannot be known (a model that does not load), a hash of its names: running the cell tells the error.
    """
    try:
        return cell_id(cell.kind, _content(workspace, cell, inputs))
    except Exception:
        return cell_id(cell.kind, {"unresolved": cell.plain()})


def _content(workspace: Workspace, cell: Cell, inputs: list[str]) -> dict[str, Any]:
    if cell.kind == "segment":
        segmenter = workspace.component("segmenters", cell.segmenter)
        assert isinstance(segmenter, Segmenter)
        return {"images": digest(image_keys(segmenter, workspace.selected(cell).samples.inputs, cell.seed or 0))}
    content: dict[str, Any] = {"inputs": inputs, "seed": cell.seed}
    if cell.kind in ("explain", "retrain"):
        explainer = workspace.component("explainers", cell.explainer)
        given = compute.given_to_explainer(workspace, cell)
        content |= _components(workspace, cell, explainer, given)
        content |= {"model": workspace.fingerprint(cell.model), "data": workspace.selected(cell).fingerprint}
        content |= {"indices": workspace.selected(cell).indices}
        content |= {"target": compute.target_of(workspace, cell).model_dump()}
    if cell.kind in ("score", "compare", "retrain"):
        metric = workspace.component("metrics", cell.metric_entry)
        given = compute.given_to_metric(workspace, cell)
        scale = getattr(getattr(workspace.variant("metrics", cell.metric_entry), "entry", None), "scale", None)
        content["metric"] = {**_components(workspace, cell, metric, given), "scale": scale}
    if cell.kind == "retrain":
        content |= {"seeds": workspace.config.file.seeds}
        content |= {"task": workspace.config.file.models[cell.model].model_dump()}
    return content


def _components(workspace: Workspace, cell: Cell, component: Component | None, given: With) -> dict[str, Any]:
    content: dict[str, Any] = {"component": identity(component)}
    for pin in PINS:
        if (variant := getattr(given, pin)) is not None:
            content[pin] = identity(variant.component)
    if component is not None and "pool" in needs_of(component, given):
        content["pool"] = workspace.pool_fingerprint(cell.model)
    return content
