"""The kit itself: every check passes something good, and catches something broken."""

import pytest

from xaiplug.hookspecs import KINDS
from xaiplug.testing.kinds import CHECKS, GOOD, VIOLATORS
from xaiplug.testing.shared.running import run_checks
from xaiplug.testing.shared.types import Report


def report(component) -> Report:
    return run_checks(CHECKS[component.kind], component, type(component).__name__)


@pytest.mark.parametrize(
    "violator",
    [pytest.param(violator, id=f"{kind}-{violator!r}") for kind in KINDS for violator in VIOLATORS[kind]],
)
def test_every_violator_breaks_its_check_and_no_other(violator):
    made = report(violator.component)
    assert set(made.failed) == {violator.check} | violator.also, "\n".join(made.lines())


@pytest.mark.parametrize("kind", KINDS)
def test_good_components_pass_and_no_check_is_skipped_by_all_of_them(kind):
    reports = [report(component) for component in GOOD[kind]]
    for made in reports:
        assert made.ok, "\n".join(made.lines())
    passed = {outcome.check for made in reports for outcome in made.outcomes if outcome.status == "passed"}
    assert passed == {check.name for check in CHECKS[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_no_check_lacks_a_violator(kind):
    assert {check.name for check in CHECKS[kind]} == {violator.check for violator in VIOLATORS[kind]}


@pytest.mark.parametrize("kind", KINDS)
def test_names_are_unique_and_every_check_says_what_it_checks(kind):
    names = [check.name for check in CHECKS[kind]]
    assert len(set(names)) == len(names)
    assert all(check.what.endswith(".") for check in CHECKS[kind])
