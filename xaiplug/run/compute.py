"""What each kind of cell computes: from the workspace and its input cells to a result."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from xaiplug import api
from xaiplug.calling.again import Again
from xaiplug.calling.answering import versions
from xaiplug.calling.asking import asking, base_query, complete
from xaiplug.calling.given import Given
from xaiplug.config import With
from xaiplug.config.fits import PINS, needs_of
from xaiplug.config.schema import ExplainerEntry, MetricEntry, TargetEntry
from xaiplug.data.explanation import Explanation
from xaiplug.data.joining import join, joined_results, take
from xaiplug.data.result import MetricResult
from xaiplug.data.samples import Samples, known
from xaiplug.data.target import Target
from xaiplug.errors import DataError
from xaiplug.kinds import Component, Explainer, Metric, PairMetric, RetrainMetric
from xaiplug.kinds.metric import View
from xaiplug.kinds.task import BoundTask
from xaiplug.model.adapter import Model
from xaiplug.model.asked import sharing
from xaiplug.model.passes import in_parts
from xaiplug.registry import registry
from xaiplug.run.cells import Cell
from xaiplug.run.select import Selected
from xaiplug.run.workspace import Workspace, device
from xaiplug.sources.tasks import task_of


def given_to_explainer(workspace: Workspace, cell: Cell) -> With:
    """The variants that an explain cell names."""
    return With(**{pin: workspace.variant(section, getattr(cell, pin)) for pin, section in PINS.items()})


def given_to_metric(workspace: Workspace, cell: Cell) -> With:
    """The variants that a score cell gives its metric."""
    pins = ("segmenter", "baseline", "imputer")
    return With(**{pin: workspace.variant(PINS[pin], getattr(cell, f"metric_{pin}")) for pin in pins})


def target_of(workspace: Workspace, cell: Cell) -> TargetEntry:
    """The target that an explain cell's entry names, else the run file's; and the scale."""
    entry = _explainer_entry(workspace, cell)
    chosen = entry.target or workspace.config.file.target
    scale = entry.scale or chosen.scale or workspace.config.file.target.scale
    return TargetEntry(use=chosen.use, scale=scale)


def explain(workspace: Workspace, cell: Cell) -> Explanation:
    """The explanation of all samples of a cell, a few at a time."""
    model, selected = workspace.model(cell.model), workspace.selected(cell)
    explainer = workspace.component("explainers", cell.explainer)
    assert isinstance(explainer, Explainer)
    assert cell.seed is not None
    given, target, samples = given_to_explainer(workspace, cell), target_of(workspace, cell), selected.samples
    labels = _labels(workspace, cell, given, cell.seed)
    shared = _components(given) | _pool(workspace, cell.model, explainer, given)
    seed = cell.seed

    def part(rows: list[int]) -> Explanation:
        return api.explain(
            model,
            samples.inputs[rows],
            explainer,
            target=_target(target, samples, rows),
            scale=target.scale,
            segmenter=None if labels is None else labels[rows],
            seed=seed,
            **shared,
        )

    whole = join(in_parts(part, len(samples), samples.inputs[0].numel()))
    defaults = {pin: v.label for pin in PINS if (v := getattr(given, pin)) is not None and v.default}
    defaults |= whole.meta.get("defaults", {})
    return whole.replace(meta={**whole.meta, "target": target.use, "defaults": defaults})


def score(workspace: Workspace, cell: Cell, explanation: Explanation) -> MetricResult:
    """What a metric says of an explain cell's explanation; a few samples at a time where it has one value a sample."""
    model, samples = workspace.model(cell.model), workspace.selected(cell).samples
    metric = workspace.component("metrics", cell.metric_entry)
    assert isinstance(metric, Metric)
    assert cell.seed is not None
    given, seed = given_to_metric(workspace, cell), cell.seed
    labels = _labels(workspace, cell, given, seed)
    shared = _components(given) | _pool(workspace, cell.model, metric, given)
    shared.pop("references", None)
    variant = workspace.variant("metrics", cell.metric_entry)
    entry = variant.entry if variant else None
    scale = entry.scale if isinstance(entry, MetricEntry) else None
    asks_again = _asks_again(workspace, cell) if "explainer" in metric.needs else None

    def part(rows: list[int]) -> tuple[int, MetricResult]:
        taken = take(explanation, rows)
        return len(rows), api.score(
            model,
            samples.inputs[rows],
            taken if asks_again is None else taken.replace(again=asks_again(rows, taken.target)),
            metric,
            relevant=None if samples.relevant is None else samples.relevant[rows],
            exact=None if samples.exact is None else samples.exact[torch.tensor(rows)],
            labels=samples.labels[rows],
            segmenter=None if labels is None else labels[rows],
            scale=scale,
            seed=seed,
            **shared,
        )

    with sharing(workspace.asked):
        parts = in_parts(part, len(samples), samples.inputs[0].numel())
        if len(parts) == 1:
            return parts[0][1]
        return joined_results(parts) or part(list(range(len(samples))))[1]


def _asks_again(workspace: Workspace, cell: Cell) -> Callable[[list[int], Target | None], Again]:
    """The explainer of a score's explanation, with all that it was given there, for some of the samples."""
    explainer = workspace.component("explainers", cell.explainer)
    assert isinstance(explainer, Explainer)
    assert cell.seed is not None
    given, seed = given_to_explainer(workspace, cell), cell.seed
    labels = _labels(workspace, cell, given, seed)
    shared = _components(given) | _pool(workspace, cell.model, explainer, given)

    def again(rows: list[int], target: Target | None) -> Again:
        return Again(explainer, Given(segmenter=None if labels is None else labels[rows], **shared), target, seed)

    return again


def compare(
    workspace: Workspace, cell: Cell, models: Sequence[str], explanations: Sequence[Explanation]
) -> MetricResult:
    """What a metric says of several models' explanations, of the samples that all of them explained."""
    metric = workspace.component("metrics", cell.metric_entry)
    assert isinstance(metric, PairMetric)
    assert cell.seed is not None
    chosen = [workspace.selected(replace(cell, model=model)) for model in models]
    common = common_samples(chosen)
    with ExitStack() as stack:
        views = []
        for name, selected, whole in zip(models, chosen, explanations, strict=True):
            model = workspace.model(name)
            stack.enter_context(asking(model))
            rows = [selected.indices.index(index) for index in common]
            explanation, samples = take(whole, rows).to(model.device), selected.samples[rows]
            assert explanation.target is not None
            query = base_query(
                model,
                samples.inputs,
                target=explanation.target,
                own_scale=explanation.target.scale,
                seed=cell.seed,
            )
            if {"groups", "relevant"} & set(metric.needs):
                given = Given(segmenter=explanation.groups, relevant=samples.relevant, labels=samples.labels)
                query, _ = complete(query, metric, given)
            labels = samples.labels.to(model.device)
            seen = _seen(workspace, name, samples)
            views.append(View(name, query, explanation, query.logits.argmax(1), labels, seen))
        return metric.compare(views).validate(len(common))


def common_samples(chosen: Sequence[Selected]) -> dict[int, str]:
    """Place in the data -> id, of the samples that every model's selection has.

    Raises:
        DataError: there is none.
    """
    first = zip(chosen[0].indices, chosen[0].samples.ids, strict=True)
    common = {index: name for index, name in first if all(index in other.indices for other in chosen[1:])}
    if not common:
        raise DataError("no sample passes the filters for every model; compare on data without 'keep:'")
    return common


def retrain(workspace: Workspace, cell: Cell) -> MetricResult:
    """What a metric says after retraining the model's task on data that the explanations changed."""
    metric = workspace.component("metrics", cell.metric_entry)
    explainer = workspace.component("explainers", cell.explainer)
    assert isinstance(metric, RetrainMetric)
    assert isinstance(explainer, Explainer)
    given, target = given_to_explainer(workspace, cell), target_of(workspace, cell)
    segmenter = given.segmenter.component if given.segmenter and not given.segmenter.default else None
    shared = _components(given) | _pool(workspace, cell.model, explainer, given)
    seeds = workspace.config.file.seeds

    def explained(model: Model, samples: Samples) -> Explanation:
        model.module.to(device())

        def part(rows: list[int]) -> Explanation:
            return api.explain(
                model,
                samples.inputs[rows],
                explainer,
                target=_target(target, samples, rows),
                scale=target.scale,
                segmenter=segmenter,
                seed=seeds[0],
                **shared,
            )

        return join(in_parts(part, len(samples), samples.inputs[0].numel()))

    entry = workspace.config.file.models[cell.model]
    task = BoundTask(task_of(entry.use.partition(":")[2]), entry.params)
    result = metric.retrain(task, explained, workspace.config.file.seeds)
    return result.validate(len(result.values))


def provenance(component: Component | None, role: str) -> list[dict[str, Any]]:
    """Plug-in, distribution, version and paper of a component and of every component inside it."""
    if component is None:
        return []
    found = [{"role": role, "component": component.describe(), "versions": versions(component)}]
    if (origin := component.origin) is not None:
        spec = registry().find(origin.kind, f"{origin.plugin}/{origin.name}").spec
        found[0] |= {
            "kind": origin.kind,
            "name": origin.name,
            "plugin": origin.plugin,
            "distribution": origin.distribution,
            "version": origin.version,
            "summary": spec.summary,
            "bibtex": spec.paper.bibtex if spec.paper else "",
        }
    for field in fields(component):  # type: ignore[arg-type]
        inner = getattr(component, field.name)
        if isinstance(inner, Component):
            found.extend(provenance(inner, f"{role}.{field.name}"))
    return found


def _explainer_entry(workspace: Workspace, cell: Cell) -> ExplainerEntry:
    variant = workspace.variant("explainers", cell.explainer)
    assert variant is not None
    assert isinstance(variant.entry, ExplainerEntry)
    return variant.entry


def _labels(workspace: Workspace, cell: Cell, given: With, seed: int) -> Tensor | None:
    """Labels (N,H,W) by the segmenter chosen; None leaves the groups to the explanation, or to the model."""
    if given.segmenter is None or given.segmenter.default:
        return None
    return workspace.labels(cell, given.segmenter.label, seed)


def _components(given: With) -> dict[str, Any]:
    """Baseline, references and imputer as the notebook API takes them."""
    named = {pin: getattr(given, pin) for pin in ("baseline", "references", "imputer")}
    return {pin: variant.component for pin, variant in named.items() if variant is not None}


def _pool(workspace: Workspace, model: str, component: Component, given: With) -> dict[str, Any]:
    return {"pool": workspace.pool(model)} if "pool" in needs_of(component, given) else {}


def _target(target: TargetEntry, samples: Samples, rows: list[int]) -> Any:
    match target.use:
        case "predicted":
            return None
        case "label":
            return known(samples.labels[rows], "target: label")
    return target.use


def _seen(workspace: Workspace, model: str, samples: Samples) -> Tensor | None:
    """Which samples the model was trained on, where the data says it for the model's fold; else None."""
    fold = workspace.config.file.models[model].params.get("fold")
    seen = samples.extras.get("seen")
    if not isinstance(fold, int) or seen is None or seen.ndim != 2 or fold >= seen.shape[1]:
        return None
    return seen[:, fold].bool().to(workspace.model(model).device)
