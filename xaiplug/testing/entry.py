"""The kit's front: check one component, make pytest parameters, check everything that is installed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from inspect import getdoc
from typing import Any, Protocol

from xaiplug.errors import XaiplugError
from xaiplug.hookspecs import KINDS
from xaiplug.kinds import Component
from xaiplug.registry import registry, resolve
from xaiplug.testing.kinds import CHECKS
from xaiplug.testing.shared.running import as_params, label, run_checks
from xaiplug.testing.shared.types import Outcome, Report

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


class CheckOne(Protocol):
    """Checks one component of a kind."""

    def __call__(self, component: Any, *, expected: Expected = None) -> Report:
        """Check one component of this kind: a name, `(name, params)`, or an instance.

        Args:
            expected: check name -> why it is known to fail; strict.

        Raises:
            RegistryError: unknown name.
        """


class ChecksOfMany(Protocol):
    """Makes pytest parameters of components of a kind."""

    def __call__(self, components: Iterable[Any], *, expected: Expected = None) -> list[Any]:
        """pytest parameters, component x check; each is a callable that raises on a violation.

        Args:
            components: names, `(name, params)`, or instances, of this kind.
            expected: check name -> why it is known to fail, as strict xfail marks.

        Raises:
            RegistryError: unknown name.
        """


def _of(kind: str) -> tuple[CheckOne, ChecksOfMany]:
    """`check_<kind>` and `<kind>_checks`."""

    def one(component: Any, *, expected: Expected = None) -> Report:
        return check_component(kind, component, expected=expected)

    def many(components: Iterable[Any], *, expected: Expected = None) -> list[Any]:
        return as_params(CHECKS[kind], [resolve(kind, one) for one in components], expected)

    for made, name, protocol in (
        (one, f"check_{KINDS[kind].module}", CheckOne),
        (many, f"{KINDS[kind].module}_checks", ChecksOfMany),
    ):
        made.__name__ = made.__qualname__ = name
        made.__doc__ = (getdoc(protocol.__call__) or "").replace("this kind", f"kind '{kind}'")
    return one, many


check_explainer, explainer_checks = _of("explainer")
check_segmenter, segmenter_checks = _of("segmenter")
check_baseline, baseline_checks = _of("baseline")
check_imputer, imputer_checks = _of("imputer")
check_metric, metric_checks = _of("metric")
check_model_source, model_source_checks = _of("model-source")
check_data_source, data_source_checks = _of("data-source")
check_task, task_checks = _of("task")
check_engine, engine_checks = _of("engine")
check_view, view_checks = _of("view")


def check_all() -> list[Report]:
    """Every component of every installed plug-in, in order of kind and name."""
    return [check_component(kind, entry.name) for kind in CHECKS for entry in registry().of_kind(kind)]
