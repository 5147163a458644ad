"""A run's folder as the `Study` that the report shows."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from xaiplug.config.schema import RunFile
from xaiplug.data.explanation import Explanation
from xaiplug.data.joining import take
from xaiplug.data.samples import Samples
from xaiplug.data.study import METHOD, Curve, Method, Panel, Study
from xaiplug.run.cell import EXPLANATION, SCORES
from xaiplug.run.cells import Cell
from xaiplug.run.collect import finished, read_scores, results, scorings, timings
from xaiplug.run.planfile import open_workspace, read_plan
from xaiplug.run.store import Store
from xaiplug.run.workspace import Workspace, device

SHOWN = 12
"""Samples in the gallery at most."""


def study_of(run_dir: Path | str, workspace: Workspace | None = None) -> Study:
    """Everything that a finished (or half-finished) run has to show; `workspace` saves loading models again.

    Raises:
        StoreError: nothing was run there.
    """
    store = Store(Path(run_dir))
    workspace = workspace or open_workspace(store.folder)
    config = workspace.config
    return Study(
        name=config.file.name,
        config=config.text(),
        results=results(store),
        timings=timings(store),
        scorings=scorings(store),
        curves=_curves(store),
        gallery=_gallery(store, workspace),
        provenance=_provenance(store),
        failures=_failures(store),
        machine=machine(),
        stands_for=stands_for(config.file),
    )


def stands_for(file: RunFile) -> dict[str, str]:
    """What the names of a run file stand for, where they do not say it: `gig` is "guided-ig, steps 50"."""
    found = {}
    for name, entry in {**file.metrics, **file.explainers}.items():
        parts = [f"{key} {_told(value)}" for key, value in entry.params.items()]
        own = entry.use.rpartition("/")[2]
        if own != name or parts:
            found[name] = ", ".join([own, *parts])
    return found


def _told(value: Any) -> str:
    """A parameter on one line; a component by its name."""
    if isinstance(value, Mapping) and "use" in value:
        inner = [f"{key} {_told(part)}" for key, part in (value.get("params") or {}).items()]
        return " ".join([str(value["use"]), f"({', '.join(inner)})" if inner else ""]).strip()
    return str(value)


def machine() -> dict[str, Any]:
    """Where this runs."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else "none"
    return {
        "python": platform.python_version(),
        "platform": platform.platform(),
        "cores": os.cpu_count(),
        "gpu": gpu,
        "device": str(device()),
        "torch": version("torch"),
        "xaiplug": version("xaiplug"),
    }


def _title(entry: Mapping[str, Any]) -> str:
    """The explainer with its settings, as the leaderboard names it."""
    return str(Method.of([entry[name] for name in METHOD]))


def _curves(store: Store) -> list[Curve]:
    curves = []
    for entry, stored in finished(store, ("score", "compare", "retrain"), SCORES):
        if stored["steps"] is None:
            continue
        rows = read_scores(store.cell(entry["id"]) / SCORES, ["curve"])["curve"].combine_chunks()
        values = torch.tensor(rows.flatten().to_numpy()).view(len(rows), -1)
        steps = torch.tensor(stored["steps"], dtype=torch.float64)
        names = entry["model"], entry["data"], _title(entry), entry["metric"], stored["seeds"][0]
        curves.append(Curve(*names, steps, values))
    return curves


def _gallery(store: Store, workspace: Workspace) -> list[Panel]:
    """For each model and data, the first samples and what every explainer makes of them with the first seed."""
    maps: dict[tuple[str, str], dict[str, Explanation]] = {}
    for entry, _ in finished(store, ("explain",), EXPLANATION, seed=workspace.config.file.seeds[0]):
        whole = Explanation.load(store.cell(entry["id"]) / EXPLANATION)
        shown = take(whole, range(min(SHOWN, len(whole))))
        maps.setdefault((entry["model"], entry["data"]), {})[_title(entry)] = shown
    return [
        panel
        for (model, data), shown in maps.items()
        if (panel := panel_of(workspace, model, data, *_first(workspace, model, data), shown)) is not None
    ]


def _first(workspace: Workspace, model: str, data: str) -> tuple[Samples, int]:
    """The samples shown, and how many more there are."""
    selected = workspace.selected(Cell("explain", model, data))
    count = min(SHOWN, len(selected))
    return selected.samples[:count], len(selected) - count


def panel_of(
    workspace: Workspace, model: str, data: str, samples: Samples, left_out: int, maps: dict[str, Explanation]
) -> Panel | None:
    """Samples with what explainers make of them and what the model says; None where they are no images."""
    if samples.inputs.ndim != 4:
        return None
    adapter = workspace.model(model)
    with torch.no_grad(), adapter.frozen():
        predicted = adapter(samples.inputs.to(adapter.device)).argmax(1).cpu()
    return Panel(
        model=model,
        data=data,
        inputs=samples.inputs,
        relevant=samples.relevant,
        labels=samples.labels if samples.labels.ndim == 1 else one_label(samples.labels, predicted),
        predicted=predicted,
        class_names=adapter.class_names,
        ids=tuple(samples.ids),
        maps=maps,
        left_out=left_out,
    )


def one_label(labels: Tensor, predicted: Tensor) -> Tensor:
    """(B,) of labels (B,K), an answer of 0 or 1 a head: the predicted head's where it is 1, else the first that is.

    >>> one_label(torch.tensor([[0, 1, 1], [1, 0, 1]]), torch.tensor([2, 1]))
    tensor([2, 0])
    """
    said = labels.gather(1, predicted[:, None]).squeeze(1) > 0
    return torch.where(said, predicted, labels.argmax(1))


def _provenance(store: Store) -> list[dict[str, Any]]:
    """Every component that a finished cell used, once."""
    names = ("kind", "name", "plugin", "distribution", "version", "summary", "bibtex")
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for _, stored in finished(store, ("segment", "explain", "score", "compare", "retrain")):
        for component in stored["components"]:
            if "kind" in component:
                one = {name: component[name] for name in names}
                found.setdefault(tuple(one.values()), one)
    return [found[key] for key in sorted(found)]


def _failures(store: Store) -> list[dict[str, Any]]:
    failures = []
    for cell, entry in read_plan(store.folder).items():
        if (text := store.error(cell)) is not None:
            names = {name: entry[name] for name in ("model", "data", "explainer", "metric", "seed")}
            error = text.split("\n\n")[0].partition("\n")[2]
            failures.append({"cell": Cell.of(entry).name, "error": error, **names})
    return failures
