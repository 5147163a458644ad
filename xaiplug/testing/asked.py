"""What the kit asks of components that are not explainers, and which scenes they take."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.answering import run_metric
from xaiplug.asking import asking
from xaiplug.components import Baseline, Component, Explainer, Imputer, Metric, PairMetric, Segmenter
from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.query import Query
from xaiplug.data.result import MetricResult, View
from xaiplug.data.seeds import sample_seeds
from xaiplug.errors import UnavailableError
from xaiplug.testing.scenes import KINDS, Scene, scene
from xaiplug.testing.types import Skip
from xaiplug.testing.wrapped import with_head

PLAIN_KINDS = ("images", "rows", "embeddings")
_taken: WeakKeyDictionary[Component, dict[str, Scene | Exception]] = WeakKeyDictionary()


def _takes(
    component: Component, kinds: Sequence[str], make: Callable[[str], Scene], act: Callable[[Scene], Any]
) -> dict[str, Scene | Exception]:
    if component not in _taken:
        found: dict[str, Scene | Exception] = {}
        for kind in kinds:
            made = make(kind)
            try:
                act(made)
                found[kind] = made
            except UnavailableError:
                raise
            except Exception as error:
                found[kind] = error
        _taken[component] = found
    return _taken[component]


def scenes_among(found: dict[str, Scene | Exception]) -> list[Scene]:
    """The scenes that a component takes.

    Raises:
        Skip: it takes none.
    """
    scenes = [made for made in found.values() if isinstance(made, Scene)]
    if not scenes:
        raise Skip(f"takes no kind of input, see input-kinds: {found['images']}")
    return scenes


# Segmenters


def photographs() -> Tensor:
    """Images (3,3,32,32) in [0,1], smooth as photographs are."""
    return nn.functional.interpolate(scene("images").inputs, scale_factor=2, mode="bilinear")


def segmented(segmenter: Segmenter, images: Tensor | None = None, *, seed: int = 0) -> Tensor:
    """Labels (B,H,W) of images; by default the kit's."""
    images = photographs() if images is None else images
    return segmenter.segment(images, sample_seeds(images, seed))


# Baselines


def built_by(baseline: Baseline, made: Scene, seed: int = 0) -> Tensor:
    """What the baseline itself returns, without the framework's own checks."""
    query = made.ask(baseline, seed=seed)
    with asking(query.model):
        return baseline.build(query)


def baselines_take(baseline: Baseline) -> dict[str, Scene | Exception]:
    """Kind of input -> its scene where the baseline takes it, else the error; images are normalised by the model."""
    return _takes(baseline, PLAIN_KINDS, lambda kind: scene(kind).normalised(), lambda made: built_by(baseline, made))


def baseline_scenes(baseline: Baseline) -> list[Scene]:
    """Every scene that the baseline takes."""
    return scenes_among(baselines_take(baseline))


# Imputers


class Removing(Explainer):
    """Stands for any game: groups and an imputer."""

    needs = ("groups", "imputer")

    def explain(self, query: Query) -> Tensor:
        raise NotImplementedError


def removing(imputer: Imputer, made: Scene, **changes: Any) -> Query:
    """The query that a game gets which removes features by `imputer`."""
    return made.replace(imputer=imputer).ask(Removing(), **changes)


def coalitions(query: Query) -> tuple[Tensor, Tensor]:
    """Rows (R,) and keep (R,G) bool for every sample: all, none, either half, and two that lack one group."""
    assert query.groups is not None
    count = query.groups.count
    full = torch.ones(1, count, dtype=torch.bool)
    half = torch.arange(count)[None] % 2 == 0
    keep = torch.cat([full, ~full, half, ~half, ~torch.eye(count, dtype=torch.bool)[:2]])
    rows = torch.arange(len(query)).repeat_interleave(len(keep))
    return rows, keep.repeat(len(query), 1) & query.groups.players[rows]


def imputed_logits(imputer: Imputer, made: Scene) -> Tensor:
    """Logits (R,K) of the kit's coalitions of a scene."""
    query = removing(imputer, made)
    with asking(query.model), torch.no_grad():
        return imputer.bind(query)(*coalitions(query))


def imputers_take(imputer: Imputer) -> dict[str, Scene | Exception]:
    """Kind of input -> its scene where the imputer takes it, else the error that it raised."""
    return _takes(imputer, KINDS, scene, lambda made: imputed_logits(imputer, made))


def imputer_scene(imputer: Imputer) -> Scene:
    """The first kind of scene that the imputer takes."""
    return scenes_among(imputers_take(imputer))[0]


# Metrics

Change = Callable[[Explanation], Explanation]


def explained(made: Scene, query: Query, level: str = "input") -> Explanation:
    """A signed map as a method would give it, the gradient times the input, at a level."""
    with torch.enable_grad():
        values = (query.gradient(query.inputs) * query.inputs).detach()
    groups = query.groups or FeatureGroups.from_labels(made.labels)
    if level == "group":
        return Explanation(groups.sum(values), "group", query.target, groups, score=query.scores)
    if level == "spatial" and values.ndim > 2:
        values = values.sum(1, keepdim=True) if values.ndim == 4 else values.sum(2)
    chosen: Any = level if values.ndim > 2 or level == "input" else "input"
    return Explanation(values, chosen, query.target, groups, score=query.scores)


def question(metric: Any, made: Scene, level: str = "input", seed: int = 0) -> tuple[Query, Explanation]:
    """A query for a metric, and an explanation to measure."""
    query = made.ask(metric, scale=getattr(metric, "default_scale", None) or "logit", seed=seed)
    with asking(query.model):
        return query, explained(made, query, level)


def measured(
    metric: Any, made: Scene, *, level: str = "input", change: Change | None = None, seed: int = 0
) -> MetricResult:
    """A metric's result, as a user gets it; `change` is made to the explanation first."""
    if isinstance(metric, PairMetric):
        seen = views(made, level, change)
        with torch.no_grad():
            return metric.compare(seen).validate(len(made))
    if not isinstance(metric, Metric):
        raise Skip("retrains a network: too long for the kit")
    query, explanation = question(metric, made, level, seed)
    return ask_metric(metric, query, change(explanation) if change else explanation)


def ask_metric(metric: Metric, query: Query, explanation: Explanation) -> MetricResult:
    """Measure behind the framework's guard."""
    with asking(query.model), torch.no_grad():
        return run_metric(metric, query, explanation.validate(query))


def views(made: Scene, level: str = "input", change: Change | None = None) -> list[View]:
    """Three models that differ in their head, and their explanations of the same samples."""
    found = []
    for index in range(3):
        network = with_head(made.network, lambda weight, bias, index=index: (weight.roll(index, 1), bias))  # type: ignore[misc]
        query, explanation = question(Removing(), made.replace(network=network), level)
        explanation = change(explanation) if change else explanation
        seen = query.seeds % 3 == index  # goes with the sample: not with its place, nor with who else is asked
        found.append(View(f"model-{index}", query, explanation, query.logits.argmax(1), made.truth, seen))
    return found


def metrics_take(metric: Any) -> dict[str, Scene | Exception]:
    """Kind of input -> its scene where the metric takes it, else the error that it raised."""
    return _takes(metric, PLAIN_KINDS, scene, lambda made: measured(metric, made))


def metric_scene(metric: Any) -> Scene:
    """The first kind of scene that the metric takes."""
    found = metrics_take(metric)
    for error in found.values():
        if isinstance(error, Skip):
            raise error
    return scenes_among(found)[0]
