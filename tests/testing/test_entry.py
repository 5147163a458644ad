"""Reports, expected failures, and what pytest makes of them."""

import subprocess
import sys

import pytest

import xaiplug.testing
from xaiplug.errors import ComponentError, RegistryError
from xaiplug.hookspecs import KINDS
from xaiplug.testing import (
    Violation,
    check_component,
    check_explainer,
    explainer_checks,
    segmenter_checks,
)
from xaiplug.testing.explainer.examples import Gradient, Noisy, Path
from xaiplug.testing.explainer.violators.untouched import SeedsGlobally

KNOWN = {"global-rng-untouched": "seeds the global state on purpose"}


class StatesItsFailure(SeedsGlobally):
    """A class that carries its own expected failure."""

    expected_failures = KNOWN


def test_a_report_says_what_failed_with_errors_and_tolerances():
    report = check_explainer(SeedsGlobally())
    assert not report.ok
    assert report.failed == ("global-rng-untouched",)
    text = "\n".join(report.lines())
    assert "explainer 'SeedsGlobally'" in text
    assert "1 VIOLATIONS" in text
    assert "largest error" in text
    assert "(tolerance 1e-05)" in text
    with pytest.raises(Violation, match="global-rng-untouched"):
        report.raise_on_violation()


def test_a_clean_report_raises_nothing():
    check_explainer(Gradient()).raise_on_violation()


def test_an_expected_failure_is_no_violation():
    report = check_explainer(SeedsGlobally(), expected=KNOWN)
    assert report.ok
    outcome = next(o for o in report.outcomes if o.check == "global-rng-untouched")
    assert outcome.status == "xfailed"
    assert "on purpose" in outcome.detail


def test_a_class_may_state_its_expected_failures():
    assert check_explainer(StatesItsFailure()).ok


def test_an_expected_failure_that_passes_is_a_violation():
    report = check_explainer(Gradient(), expected=KNOWN)
    assert report.failed == ("global-rng-untouched",)


@pytest.mark.parametrize(
    ("expected", "message"), [({"global-rng": "why"}, "did you mean"), ({"finite": ""}, "needs its reason")]
)
def test_expectations_are_checked(expected, message):
    with pytest.raises(ComponentError, match=message):
        check_explainer(Gradient(), expected=expected)


def test_components_by_name_with_parameters_and_unknown_names():
    with pytest.raises(RegistryError, match="no-such-method"):
        check_component("explainer", "no-such-method")
    with pytest.raises(RegistryError, match="unknown kind"):
        check_component("exploiner", "gradient")


def test_a_component_that_cannot_be_made_is_a_failed_report():
    report = check_component("explainer", ("gradient", {"stepz": 3}))
    assert report.failed == ("made",)
    assert "stepz" in report.lines()[1]


@pytest.mark.parametrize("check", explainer_checks([Noisy(samples=2), Path(steps=4)]))
def test_the_kit_is_pytest_parameters(check):
    check()


@pytest.mark.parametrize("check", explainer_checks([SeedsGlobally()], expected=KNOWN))
def test_expected_failures_are_strict_marks(check):
    check()


def test_parameters_are_named_after_component_and_check():
    ids = [param.id for param in explainer_checks([Gradient()])]
    assert "Gradient-finite" in ids
    assert len(ids) == len(set(ids))
    assert segmenter_checks([]) == []


def test_importing_the_kit_imports_no_pytest():
    code = "import sys, xaiplug.testing; print('pytest' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_every_kind_has_its_front_with_a_name_and_a_docstring(kind):
    for name in (f"check_{kind.module}", f"{kind.module}_checks"):
        front = getattr(xaiplug.testing, name)
        assert name in xaiplug.testing.__all__
        assert front.__name__ == name
        assert f"kind '{kind.name}'" in front.__doc__
    with pytest.raises(RegistryError, match=f"unknown {kind.name} 'nobody'"):
        getattr(xaiplug.testing, f"check_{kind.module}")("nobody")
