"""The conformance kit, with the axioms that each class claims.

Steps are given, and short: a path that has arrived steps to and fro, and on a piecewise linear network in float32 the
rounding of another batch size then decides on which side of a kink it lands (5e-3 of the largest value, seen here with
200 steps of the default length; 1e-16 in float64).
"""

import pytest

from xaiplug.testing import explainer_checks

EXPLAINERS = [
    ("ig2", {"steps": 100, "step_size": 0.02}),
    ("ig2", {"steps": 100, "step_size": 0.005, "representation": "output"}),
    ("grad-cf-explanation", {"steps": 50, "step_size": 0.02}),
    ("grad-cf-explanation", {"steps": 50, "step_size": 0.02, "representation": "output"}),
]


@pytest.mark.filterwarnings("ignore:.*predicted as the class explained:UserWarning")
@pytest.mark.parametrize("check", explainer_checks(EXPLAINERS))
def test_explainers(check):
    check()
