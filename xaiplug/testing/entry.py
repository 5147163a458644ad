"""The kit's front: check one component, make pytest parameters, check everything that is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaiplug.components import Component
from xaiplug.errors import XaiplugError
from xaiplug.registry import registry, resolve
from xaiplug.testing.kinds import CHECKS
from xaiplug.testing.running import as_params, label, run_checks
from xaiplug.testing.types import Outcome, Report

Expected = Mapping[str, str] | None


def check_component(kind: str, name: Any, *, expected: Expected = None) -> Report:
    """Check a component by kind and name (or `(name, params)`, or an instance).

    Raises:
        RegistryError: unknown kind or name.
    """
    try:
        component = resolve(kind, name)
    except (LookupError, KeyError):
        raise
    except XaiplugError as error:
        return Report(f"{kind} '{name}'", (Outcome("made", "failed", f"cannot be made: {error}"),))
    return _checked(component, expected)


def _checked(component: Component, expected: Expected) -> Report:
    name = f"{component.origin.plugin}/{component.origin.name}" if component.origin else label(component)
    return run_checks(CHECKS[component.kind], component, f"{component.kind} '{name}'", expected)


def params_of(kind: str, components: Iterable[Any], expected: Expected) -> list[Any]:
    """pytest params, component x check."""
    return as_params(CHECKS[kind], [resolve(kind, one) for one in components], expected)


def check_explainer(explainer: Any, *, expected: Expected = None) -> Report:
    """Check an explainer: a name, `(name, params)`, or an instance.

    Args:
        expected: check name -> why it is known to fail; strict.
    """
    return check_component("explainer", explainer, expected=expected)


def check_segmenter(segmenter: Any, *, expected: Expected = None) -> Report:
    """Check a segmenter, as `check_explainer`."""
    return check_component("segmenter", segmenter, expected=expected)


def check_baseline(baseline: Any, *, expected: Expected = None) -> Report:
    """Check a baseline or reference policy, as `check_explainer`."""
    return check_component("baseline", baseline, expected=expected)


def check_imputer(imputer: Any, *, expected: Expected = None) -> Report:
    """Check an imputer, as `check_explainer`."""
    return check_component("imputer", imputer, expected=expected)


def check_metric(metric: Any, *, expected: Expected = None) -> Report:
    """Check a metric, as `check_explainer`."""
    return check_component("metric", metric, expected=expected)


def explainer_checks(explainers: Iterable[Any], *, expected: Expected = None) -> list[Any]:
    """pytest parameters, explainer x check; each is a callable that raises on a violation.

    Args:
        explainers: names, `(name, params)`, or instances.
        expected: check name -> why it is known to fail, as strict xfail marks.
    """
    return params_of("explainer", explainers, expected)


def segmenter_checks(segmenters: Iterable[Any], *, expected: Expected = None) -> list[Any]:
    """As `explainer_checks`, for segmenters."""
    return params_of("segmenter", segmenters, expected)


def baseline_checks(baselines: Iterable[Any], *, expected: Expected = None) -> list[Any]:
    """As `explainer_checks`, for baselines and reference policies."""
    return params_of("baseline", baselines, expected)


def imputer_checks(imputers: Iterable[Any], *, expected: Expected = None) -> list[Any]:
    """As `explainer_checks`, for imputers."""
    return params_of("imputer", imputers, expected)


def metric_checks(metrics: Iterable[Any], *, expected: Expected = None) -> list[Any]:
    """As `explainer_checks`, for metrics."""
    return params_of("metric", metrics, expected)


def check_all() -> list[Report]:
    """Every component of every installed plug-in, in order of kind and name."""
    return [check_component(kind, entry.name) for kind in CHECKS for entry in registry().of_kind(kind)]
