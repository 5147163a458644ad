"""The kit for explainers: every check passes something good, and catches something broken."""

import pytest

from xaiplug.testing import examples
from xaiplug.testing.explainers import EXPLAINER_CHECKS
from xaiplug.testing.running import run_checks
from xaiplug.testing.types import Report
from xaiplug.testing.violators import EXPLAINERS as VIOLATORS


def report(explainer) -> Report:
    return run_checks(EXPLAINER_CHECKS, explainer, type(explainer).__name__)


@pytest.mark.parametrize("violator", VIOLATORS, ids=repr)
def test_every_violator_breaks_its_check_and_no_other(violator):
    made = report(violator.component)
    assert set(made.failed) == {violator.check} | violator.also, "\n".join(made.lines())


@pytest.fixture(scope="module")
def good() -> list[Report]:
    return [report(explainer) for explainer in examples.EXPLAINERS]


def test_good_explainers_pass(good):
    for made in good:
        assert made.ok, "\n".join(made.lines())


def test_no_check_lacks_a_violator():
    assert {check.name for check in EXPLAINER_CHECKS} == {violator.check for violator in VIOLATORS}


def test_no_check_is_skipped_by_every_good_explainer(good):
    passed = {outcome.check for made in good for outcome in made.outcomes if outcome.status == "passed"}
    assert passed == {check.name for check in EXPLAINER_CHECKS}


def test_names_are_unique_and_every_check_says_what_it_checks():
    names = [check.name for check in EXPLAINER_CHECKS]
    assert len(set(names)) == len(names)
    assert all(check.what.endswith(".") for check in EXPLAINER_CHECKS)
