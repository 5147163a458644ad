"""The conformance kit."""

import pytest

from xaiplug.testing import explainer_checks, metric_checks

EXPLAINERS = [
    "moxi",
    ("moxi", {"mode": "deletion", "stop": "first-wrong"}),
    "moxi-single",
    ("moxi-single", {"mode": "deletion"}),
]


DISCRIMINATIVE = [("moxi", {"mode": "deletion", "class_discriminative": True})]
REASONS = {"scale": "the first phase takes one class's score from another's: of logits and log-probabilities the same"}


@pytest.mark.parametrize("check", [*explainer_checks(EXPLAINERS), *explainer_checks(DISCRIMINATIVE, expected=REASONS)])
def test_conformance(check):
    check()


@pytest.mark.parametrize("check", metric_checks(["top-overlap"]))
def test_conformance_of_the_metric(check):
    check()
