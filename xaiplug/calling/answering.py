"""From a component's answer to a checked result with its cost."""

from __future__ import annotations

from functools import cache
from importlib.metadata import version

from xaiplug.calling.outputs import notice
from xaiplug.data.explanation import Explanation
from xaiplug.data.result import MetricResult
from xaiplug.kinds import Component, Explainer, Metric
from xaiplug.model.query import Query


def run_explainer(explainer: Explainer, query: Query) -> Explanation:
    """Ask, check, and say who answered."""
    explanation = explainer.read(explainer.explain(query), query)
    notice(query)
    return explanation.with_meta({"explainer": explainer.describe(), "versions": versions(explainer)})


def run_metric(metric: Metric, query: Query, explanation: Explanation) -> MetricResult:
    """Measure and check."""
    result = metric.read(metric.measure(query, explanation), len(query))
    notice(query)
    return result


_version = cache(version)


def versions(component: Component) -> dict[str, str]:
    """Of xaiplug, torch, and the wheel that a component came from."""
    found = {name: _version(name) for name in ("xaiplug", "torch")}
    return found | ({component.origin.distribution: component.origin.version} if component.origin else {})
