"""What metrics are asked in the kit: to measure plain maps of the scenes that one takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from xaiplug.calling.again import Again
from xaiplug.calling.answering import run_metric
from xaiplug.calling.asking import asking
from xaiplug.calling.given import Given
from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.result import MetricResult
from xaiplug.data.target import Scale, Target
from xaiplug.kinds import Explainer, Metric, PairMetric
from xaiplug.kinds.metric import View
from xaiplug.model.query import Query
from xaiplug.testing.shared.asked import Removing
from xaiplug.testing.shared.inputs import PLAIN_KINDS, scenes_among, taking
from xaiplug.testing.shared.scenes import Scene, scene
from xaiplug.testing.shared.types import Skip
from xaiplug.testing.shared.wrapped import with_head

Change = Callable[[Explanation], Explanation]


class Plain(Explainer):
    """A signed map as a method would give it, the gradient times the input, at a level."""

    needs = ("groups",)
    level: str = "input"

    def explain(self, query: Query) -> Explanation:
        with torch.enable_grad():
            values = (query.gradient(query.inputs) * query.inputs).detach()
        groups: FeatureGroups = query.require("groups")
        if self.level == "group":
            return Explanation(groups.sum(values), "group", query.target, groups, score=query.scores)
        if self.level == "spatial" and values.ndim > 2:
            values = values.sum(1, keepdim=True) if values.ndim == 4 else values.sum(2)
        chosen: Any = self.level if values.ndim > 2 or self.level == "input" else "input"
        return Explanation(values, chosen, query.target, groups, score=query.scores)


def question(
    metric: Any, made: Scene, level: str = "input", seed: int = 0, needs: Sequence[str] | None = None
) -> tuple[Query, Explanation]:
    """A query for a metric (as if it had other `needs`), and an explanation whose explainer may be asked again."""
    plain = Plain(level=level)
    scale: Scale = getattr(metric, "default_scale", None) or "logit"
    target = Target(made.target, scale)
    again = Again(plain, Given(segmenter=made.labels), target, seed)
    query = made.ask(metric, scale=scale, seed=seed, needs=needs, again=again)
    with asking(query.model):
        groups = query.groups or FeatureGroups.from_labels(made.labels)
        return query, plain.explain(query.replace(groups=groups))


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
    return taking(metric, PLAIN_KINDS, scene, lambda made: measured(metric, made))


def metric_scene(metric: Any) -> Scene:
    """The first kind of scene that the metric takes."""
    found = metrics_take(metric)
    for error in found.values():
        if isinstance(error, Skip):
            raise error
    return scenes_among(found)[0]


def outcome(metric: Any, original: Any) -> Tensor:
    """The values of a plain map of the scene that suits `original`."""
    return measured(metric, metric_scene(original)).values
