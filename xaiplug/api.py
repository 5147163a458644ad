"""The notebook entry: explain, score, and the things they are given."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.calling.again import Again, AgainEach
from xaiplug.calling.answering import run_explainer, run_metric
from xaiplug.calling.asking import asking, base_query, complete, only_reads
from xaiplug.calling.each import each_sample
from xaiplug.calling.given import Given
from xaiplug.calling.progress import telling
from xaiplug.data.exact import Exact
from xaiplug.data.explanation import Explanation
from xaiplug.data.joining import join, joined_results, take
from xaiplug.data.result import MetricResult
from xaiplug.data.samples import Samples
from xaiplug.errors import ComponentError
from xaiplug.kinds import Component, DataSource, Explainer, Metric, ModelSource
from xaiplug.model.adapter import Model
from xaiplug.model.passes import seeded_rng
from xaiplug.model.query import MaxBatch
from xaiplug.registry import registry, resolve
from xaiplug.sources.references import opened

__all__ = ["component", "explain", "load_data", "load_model", "score"]


def component(kind: str, name: str, **params: Any) -> Component:
    """Make a component by name: `component("explainer", "ig2", steps=200)`.

    Raises:
        RegistryError: unknown or ambiguous name.
        ComponentError: misspelt or ill-typed parameters, all of them.
    """
    return registry().create(kind, name, params)


def load_model(reference: str, *, trust: bool = False, **params: Any) -> Model:
    """A model by reference, `scheme:name`; `xaiplug list model-sources` shows the schemes and their parameters.

    - `file:model.yaml` (or a folder with one): an export of `xaiplug train`; only networks of `xaiplug_trainers`
      unless `trust=True`.
    - `task:decoy-mnist`: trained on demand and cached; `params` go to the task.
    - `torchvision:resnet50`, `timm:vit_tiny_patch16_224`: with published weights, or `weights=` a safetensors file, or
      `weights=None`; `mean=`, `std=` override the published normalisation, further params go to the constructor.
    - `package.module:attribute`: a `Model`, a module, or a callable that returns one. This runs code.

    Raises:
        DataError: a file that is missing or not what it says. ModelError: no such architecture, or no model.
        RegistryError: no such task. ComponentError: a parameter that the source refuses.
    """
    found = opened("model-source", reference, params | ({"trust": True} if trust else {}))
    assert isinstance(found.source, ModelSource)
    return loaded(found.source, found.name, found.further)


def loaded(source: ModelSource, name: str, further: Mapping[str, Any]) -> Model:
    """The model that a source gives for a name; every time the same, and the global random state as it was.

    Untrained networks draw their weights from the global state. It starts from one seed here: a run knows its cells by
    the weights of its models, so that weights which change from process to process would leave no cell ever finished.
    """
    with seeded_rng(0):
        return source.read(source.load(name, **further), name)


def load_data(reference: str, *, split: str | None = None, limit: int | None = None, **params: Any) -> Samples:
    """Samples by reference, `scheme:name`; `xaiplug list data-sources` shows the schemes and their parameters.

    - `task:decoy-mnist`: a task's own data, with its truth; `split` as the task names them (default "test").
    - `folder:photos`: images in pixel space, their classes from names, what is relevant from masks or boxes.
    - `package.module:attribute`: `Samples`, or a callable that returns them. This runs code.

    Raises:
        DataError: nothing there, an unknown split, or an image that cannot be read.
        RegistryError: no such task. ComponentError: a parameter that the source refuses.
    """
    found = opened("data-source", reference, params)
    assert isinstance(found.source, DataSource)
    loaded = found.source.load(found.name, split=split, limit=limit, **found.further)
    return found.source.read(loaded, found.name, limit)


def explain(
    model: Model | nn.Module,
    inputs: Tensor,
    explainer: Any,
    *,
    target: Any = None,
    scale: str | None = None,
    segmenter: Any = None,
    baseline: Any = None,
    references: Any = None,
    imputer: Any = None,
    pool: Any = None,
    forward_args: Mapping[str, Tensor] | None = None,
    seed: int = 0,
    max_batch: MaxBatch = "auto",
    progress: bool = True,
    **params: Any,
) -> Explanation:
    """Explain what `model` says of `inputs`.

    Args:
        model: any module (a one-output module (B,) or (B,1) is a plain score), or a `Model` with normalisation.
        inputs: images (B,C,H,W) in pixel space, embeddings (B,L,D), or rows (B,F).
        explainer: a name, `plugin/name`, `(name, params)`, or an instance; `params` are its fields.
        target: class index or name, one or (B,); None = the predicted class, recorded in the result.
        scale: logit | log_probability | probability | log_odds; None = the method's own.
        segmenter, baseline, references, imputer: like `explainer`, or the data: a label map (B,*grid) or (1,*grid),
            `FeatureGroups`, a tensor (n,B,*shape).
        pool: `Samples` or (inputs, labels) to draw references from.
        forward_args: what the network takes beside the input, by name, one row a sample: {"attention_mask": (B,L)}.
            Samples are then explained one by one, so that every row of every method has its sample's.
        seed: draws depend on it and on each sample's content, never on batch, order or device.
        max_batch: rows per forward, or "auto".
        progress: on a terminal or in a notebook, say how far it got once it takes longer than two seconds.

    Returns:
        The explanation, on the device and in the dtype of `inputs` (float32 for 16 bits).
        Model, inputs and global RNG are as they were.

    Raises:
        RegistryError: unknown name. ComponentError: bad parameters, or a need not given. ShapeError, ModelError,
        NonFiniteError: inputs, model outputs or attributions are not what they should be.
    """
    chosen = _made("explainer", explainer, params)
    assert isinstance(chosen, Explainer)
    adapted = Model.of(model)
    if forward_args is not None:
        asked = {"target": target, "segmenter": segmenter, "baseline": baseline, "references": references, "pool": pool}
        fixed: dict[str, Any] = {"scale": scale, "imputer": imputer, "seed": seed, "max_batch": max_batch}
        parts = [
            explain(one, x, chosen, **own, **fixed, progress=progress)
            for one, x, own in each_sample(adapted, inputs, forward_args, asked)
        ]
        return join(parts).replace(inputs=inputs, again=AgainEach(tuple(part.again for part in parts)))
    given = Given(segmenter, baseline, references, imputer, pool)
    with adapted.metered() as meter, asking(adapted, reads_only=only_reads(chosen, given)):
        query = base_query(
            adapted,
            inputs,
            target=target,
            scale=scale,
            own_scale=chosen.default_scale,
            asks_first=chosen.asks_first,
            seed=seed,
            max_batch=max_batch,
        )
        query, defaults = complete(query, chosen, given)
        with telling(adapted, chosen.called) if progress else nullcontext():
            explanation = run_explainer(chosen, query)
    policy = "predicted" if target is None else "given"
    told = {**meter.meta(), "seed": seed, "target": policy, "defaults": defaults, **named_classes(adapted, explanation)}
    there = explanation.to(inputs.device)
    again = Again(chosen, given, there.target, seed)
    return there.replace(meta={**told, **there.meta}, inputs=inputs, again=again)


def named_classes(model: Model, explanation: Explanation) -> dict[str, dict[str, str]]:
    """For `meta`: the names of the classes explained, by their number as text, where the model has names."""
    if model.class_names is None or explanation.target is None:
        return {}
    explained = explanation.target.index.unique().tolist()
    return {"class_names": {str(index): model.class_names[index] for index in explained}}


def score(
    model: Model | nn.Module,
    inputs: Tensor,
    explanation: Explanation,
    metric: Any,
    *,
    relevant: Tensor | None = None,
    exact: Exact | None = None,
    labels: Tensor | None = None,
    segmenter: Any = None,
    baseline: Any = None,
    imputer: Any = None,
    pool: Any = None,
    forward_args: Mapping[str, Tensor] | None = None,
    scale: str | None = None,
    seed: int = 0,
    max_batch: MaxBatch = "auto",
    **params: Any,
) -> MetricResult:
    """Measure an explanation of `inputs` by `model`.

    Args:
        explanation: of the same inputs; its target is the one measured. A metric that asks the explainer again takes
            what `xaiplug.explain` gave, not what was read from a file.
        metric: a name, `plugin/name`, `(name, params)`, or an instance; `params` are its fields.
        relevant: (B,H,W) bool, the known truth, for metrics that need it.
        exact: the exact answer (`samples.exact`), for metrics that need it.
        labels: (B,) the true classes, for metrics that count right answers.
        segmenter: for metrics that step through groups; default the explanation's own groups.
        forward_args: as of `explain`.
        scale: of the scores asked of the model; None = the metric's own, else the explanation's.

    Returns:
        The values; in `meta` what they cost.

    Raises:
        As `explain`.
    """
    chosen = _made("metric", metric, params)
    if not isinstance(chosen, Metric):
        raise ComponentError(f"metric {type(chosen).__name__} compares several models; it runs from a run file")
    adapted = Model.of(model)
    if forward_args is not None:
        asked = {"relevant": relevant, "exact": exact, "labels": labels, "segmenter": segmenter, "baseline": baseline}
        fixed: dict[str, Any] = {"imputer": imputer, "scale": scale, "seed": seed, "max_batch": max_batch}
        each = each_sample(adapted, inputs, forward_args, {**asked, "pool": pool})
        parts = [
            (1, score(one, x, _of_row(explanation, row), chosen, **own, **fixed))
            for row, (one, x, own) in enumerate(each)
        ]
        joined = joined_results(parts)
        if joined is None:
            raise ComponentError(f"{chosen.told}: the samples' curves have other steps; score them one at a time")
        return joined
    own_groups = explanation.groups if segmenter is None and "groups" in chosen.needs else segmenter
    own_scale = chosen.default_scale or (explanation.target.scale if explanation.target else "logit")
    again = explanation.again if "explainer" in chosen.needs else None
    given = Given(own_groups, baseline, None, imputer, pool, relevant, labels, exact, again)
    with adapted.metered() as meter, asking(adapted, reads_only=only_reads(chosen, given)):
        query = base_query(
            adapted,
            inputs,
            target=explanation.target,
            scale=scale,
            own_scale=own_scale,
            asks_first=chosen.asks_first,
            seed=seed,
            max_batch=max_batch,
        )
        query, _ = complete(query, chosen, given)
        moved = explanation.to(query.inputs.device).validate(query)
        with torch.no_grad():
            result = run_metric(chosen, query, moved)
    return replace(result, meta={**result.meta, **meter.meta()})


def _of_row(explanation: Explanation, row: int) -> Explanation:
    again = explanation.again.parts[row] if isinstance(explanation.again, AgainEach) else None
    return take(explanation, [row]).replace(again=again)


def _made(kind: str, value: Any, params: Mapping[str, Any]) -> Component:
    if isinstance(value, str):
        return registry().create(kind, value, params)
    if params:
        raise ComponentError(f"give parameters by keyword with a name, not with {value!r:.60}: {', '.join(params)}")
    return resolve(kind, value)
