"""The conformance kit: does a component keep the contract of `xaiplug.components`?

For a plug-in of your own, the whole test file:

    import pytest
    from xaiplug.testing import explainer_checks

    @pytest.mark.parametrize("check", explainer_checks(["my-method"]))
    def test_conformance(check):
        check()

A failure that is known and stays is stated with its reason, and must go on failing: `expected={"check": "why"}` in the
call, or `expected_failures = {"check": "why"}` on the class. A check that does not apply is skipped with its reason.
"""

from xaiplug.testing.entry import (
    baseline_checks,
    check_all,
    check_baseline,
    check_component,
    check_explainer,
    check_imputer,
    check_metric,
    check_segmenter,
    explainer_checks,
    imputer_checks,
    metric_checks,
    segmenter_checks,
)
from xaiplug.testing.plugins import check_plugin
from xaiplug.testing.scenes import Scene, ask, scene
from xaiplug.testing.types import Check, Measured, Outcome, Report, Skip, Violation

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
    "check_explainer",
    "check_imputer",
    "check_metric",
    "check_plugin",
    "check_segmenter",
    "explainer_checks",
    "imputer_checks",
    "metric_checks",
    "scene",
    "segmenter_checks",
]
