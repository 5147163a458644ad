"""The conformance kit, with the axioms that each class claims.

Steps are given, and short: a path that has arrived steps to and fro, and on a piecewise linear network in float32 the
rounding of another batch size then decides on which side of a kink it lands (5e-3 of the largest value, seen here with
200 steps of the default length; 1e-16 in float64).
"""

import pytest

from xaiplug.testing import baseline_checks, explainer_checks, metric_checks

EXPLAINERS = [
    ("ig2", {"steps": 25, "step_size": 0.02}),
    ("ig2", {"steps": 25, "step_size": 0.005, "representation": "output"}),
    ("grad-cf-explanation", {"steps": 20, "step_size": 0.02}),
    ("grad-cf-explanation", {"steps": 20, "step_size": 0.02, "representation": "output"}),
    "path-integral",
    ("path-integral", {"path": "guided", "steps": 20}),
    ("path-integral", {"path": "blur", "steps": 20}),
    ("path-integral", {"path": "gradpath", "steps": 20, "step_size": 0.02}),
    "expected-ig",
    ("guided-ig", {"steps": 20}),
    ("blur-ig", {"steps": 20}),
]
BASELINES = [
    ("grad-cf", {"steps": 20, "step_size": 0.02}),
    ("grad-cf", {"references": "black", "steps": 20, "step_size": 0.02}),
    ("counterfactual-pgd", {"steps": 20, "step_size": 0.02}),
]
NOT_OF_MAPS = dict.fromkeys(
    ("odd-maps", "prefers-truth"), "measures kept counterfactuals, not the map: undefined without them"
)
METRICS = ["cf-validity", "cf-distance", ("cf-distance", {"to": "input"})]


@pytest.mark.filterwarnings("ignore:.*predicted as the class explained:UserWarning")
@pytest.mark.parametrize("check", explainer_checks(EXPLAINERS))
def test_explainers(check):
    check()


@pytest.mark.filterwarnings("ignore:.*predicted as the class explained:UserWarning")
@pytest.mark.filterwarnings("ignore:.*did not change what the model says:UserWarning")
@pytest.mark.parametrize("check", baseline_checks(BASELINES))
def test_baselines(check):
    check()


@pytest.mark.parametrize("check", metric_checks(METRICS, expected=NOT_OF_MAPS))
def test_metrics(check):
    check()
