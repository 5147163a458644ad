"""From a component's answer to a checked result with its cost."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.metadata import version

from torch import Tensor

from xaiplug.asking import name_of
from xaiplug.components import Component, Explainer, Metric
from xaiplug.data.explanation import Explanation
from xaiplug.data.query import Query
from xaiplug.data.result import MetricResult
from xaiplug.errors import ShapeError


def run_explainer(explainer: Explainer, query: Query) -> Explanation:
    """Ask, check and complete: target, groups and score filled in, cost counted, shapes validated."""
    with query.model.metered() as meter:
        answer = explainer.explain(query)
    if isinstance(answer, Tensor):
        answer = Explanation(answer)
    if not isinstance(answer, Explanation):
        raise ShapeError(f"{name_of(explainer)} returned {type(answer).__name__}; expected a tensor or an Explanation")
    answer = replace(
        answer,
        attribution=answer.attribution.detach(),
        target=answer.target or query.target,
        groups=answer.groups or query.groups,
        score=query.scores if answer.score is None else answer.score,
    )
    return answer.validate(query).with_meta(
        {**meter.meta(), "explainer": explainer.describe(), "versions": versions(explainer)}
    )


def run_metric(metric: Metric, query: Query, explanation: Explanation) -> MetricResult:
    """Measure and check; the name is filled in."""
    measured = metric.measure(query, explanation)
    result = MetricResult(measured) if isinstance(measured, Tensor) else measured
    named = (
        result if result.name else replace(result, name=metric.origin.name if metric.origin else type(metric).__name__)
    )
    return named.validate(len(query))


_version = cache(version)


def versions(component: Component) -> dict[str, str]:
    """Of xaiplug, torch, and the wheel that a component came from."""
    found = {name: _version(name) for name in ("xaiplug", "torch")}
    return found | ({component.origin.distribution: component.origin.version} if component.origin else {})
