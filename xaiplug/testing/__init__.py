"""The conformance kit: does a component keep the contract of `xaiplug.kinds`?

For a plug-in of your own, the whole test file::

    import pytest
    from xaiplug.testing import explainer_checks

    @pytest.mark.parametrize("check", explainer_checks(["my-method"]))
    def test_conformance(check):
        check()

A failure that is known and stays is stated with its reason, and must go on failing: `expected={"check": "why"}` in the
call, or `expected_failures = {"check": "why"}` on the class. A check that does not apply is skipped with its reason.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from xaiplug.testing.entry import (
        baseline_checks,
        check_all,
        check_baseline,
        check_component,
        check_data_source,
        check_engine,
        check_explainer,
        check_imputer,
        check_metric,
        check_model_source,
        check_segmenter,
        check_task,
        check_view,
        data_source_checks,
        engine_checks,
        explainer_checks,
        imputer_checks,
        metric_checks,
        model_source_checks,
        segmenter_checks,
        task_checks,
        view_checks,
    )
    from xaiplug.testing.plugin.entry import check_plugin
    from xaiplug.testing.shared.asked import ask
    from xaiplug.testing.shared.scenes import Scene, scene
    from xaiplug.testing.shared.types import Check, Measured, Outcome, Report, Skip, Violation

_ELSEWHERE = {
    "check_plugin": "plugin.entry",
    "ask": "shared.asked",
    "Scene": "shared.scenes",
    "scene": "shared.scenes",
    **dict.fromkeys(("Check", "Measured", "Outcome", "Report", "Skip", "Violation"), "shared.types"),
}
"""Names that are not of `entry`."""

__all__ = [
    "Check",
    "Measured",
    "Outcome",
    "Report",
    "Scene",
    "Skip",
    "Violation",
    "ask",
    "baseline_checks",
    "check_all",
    "check_baseline",
    "check_component",
    "check_data_source",
    "check_engine",
    "check_explainer",
    "check_imputer",
    "check_metric",
    "check_model_source",
    "check_plugin",
    "check_segmenter",
    "check_task",
    "check_view",
    "data_source_checks",
    "engine_checks",
    "explainer_checks",
    "imputer_checks",
    "metric_checks",
    "model_source_checks",
    "scene",
    "segmenter_checks",
    "task_checks",
    "view_checks",
]


def __getattr__(name: str) -> Any:
    """What workers of an engine call is found here too, and must not wait for torch."""
    if name in __all__:
        return getattr(import_module(f"xaiplug.testing.{_ELSEWHERE.get(name, 'entry')}"), name)
    raise AttributeError(f"module 'xaiplug.testing' has no attribute '{name}'")


def __dir__() -> list[str]:
    return __all__
