"""Running checks: one outcome each, expected failures held to their word."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from xaiplug.errors import ComponentError, UnavailableError, did_you_mean, listing
from xaiplug.kinds import Component
from xaiplug.model.passes import untouched_rng
from xaiplug.testing.shared.types import Check, Measured, Outcome, Report, Skip, Violation


def run_check(check: Check, component: Any) -> Outcome:
    """What comes of one check; an exception that is no `Violation` fails it too."""
    if (reason := check.applies(component)) is not None:
        return Outcome(check.name, "skipped", reason)
    try:
        with quiet():
            measured = check.run(component) or Measured()
    except Skip as skip:
        return Outcome(check.name, "skipped", str(skip))
    except UnavailableError as missing:
        return Outcome(check.name, "skipped", f"not available here: {missing}")
    except Violation as violation:
        return Outcome(check.name, "failed", str(violation), violation.error, violation.tolerance)
    except Exception as error:
        return Outcome(check.name, "failed", f"raised {type(error).__name__}: {error}".strip())
    return Outcome(check.name, "passed", measured.detail, measured.error, measured.tolerance)


@contextmanager
def quiet() -> Iterator[None]:
    """No warnings, the caller's random state kept, one thread: the networks are too small to share."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        with warnings.catch_warnings(), untouched_rng(), torch.inference_mode(False), torch.enable_grad():
            warnings.simplefilter("ignore")
            yield
    finally:
        torch.set_num_threads(threads)


def run_checks(checks: Sequence[Check], component: Any, name: str, expected: Mapping[str, str] | None = None) -> Report:
    """Every check, in order.

    Args:
        expected: check name -> why it is known to fail. Strict: one that passes makes the report not ok.

    Raises:
        ComponentError: `expected` names a check that does not exist.
    """
    reasons = expected_of(component, checks, expected)
    return Report(name, tuple(_as_expected(run_check(check, component), reasons) for check in checks))


def expected_of(component: Any, checks: Iterable[Check], expected: Mapping[str, str] | None) -> dict[str, str]:
    """Expected failures: those that the class states (`expected_failures`) and those of the caller.

    Raises:
        ComponentError: a name that is no check, or an empty reason.
    """
    names = [check.name for check in checks]
    reasons = {**dict(getattr(type(component), "expected_failures", {})), **dict(expected or {})}
    for name, reason in reasons.items():
        if name not in names:
            raise ComponentError(f"no check '{name}'{did_you_mean(name, names)} (checks: {listing(names)})")
        if not reason:
            raise ComponentError(f"an expected failure needs its reason: expected={{'{name}': '...'}}")
    return reasons


def _as_expected(outcome: Outcome, reasons: Mapping[str, str]) -> Outcome:
    reason = reasons.get(outcome.check)
    if reason is None or outcome.status == "skipped":
        return outcome
    if outcome.status == "failed":
        return Outcome(outcome.check, "xfailed", f"{reason} [{outcome.detail}]", outcome.error, outcome.tolerance)
    detail = f"expected to fail ({reason}), but passes: drop the expectation"
    return Outcome(outcome.check, "xpassed", detail, outcome.error, outcome.tolerance)


class CheckOf:
    """One check bound to one component: calling it raises on a violation and skips in pytest's way."""

    def __init__(self, check: Check, component: Component) -> None:
        self.check, self.component = check, component

    def __call__(self) -> Measured | None:
        """Run the check.

        Raises:
            Violation: the component breaks the rule.
        """
        outcome = run_check(self.check, self.component)
        if outcome.status == "skipped":
            import pytest

            pytest.skip(outcome.detail)
        if outcome.status == "failed":
            raise Violation(f"{self.check.name}: {outcome.line()}", outcome.error, outcome.tolerance)
        return Measured(outcome.error, outcome.tolerance, outcome.detail)

    def __repr__(self) -> str:
        return f"{label(self.component)}-{self.check.name}"


def label(component: Component) -> str:
    """The registered name of a component, else its class."""
    return component.origin.name if component.origin else type(component).__name__


def as_params(
    checks: Sequence[Check], components: Iterable[Component], expected: Mapping[str, str] | None
) -> list[Any]:
    """pytest params, component x check; expected failures are strict xfail marks."""
    import pytest

    params = []
    for component in components:
        reasons = expected_of(component, checks, expected)
        for one in checks:
            mark = pytest.mark.xfail(reason=reasons.get(one.name, ""), strict=True, raises=Violation)
            bound = CheckOf(one, component)
            params.append(pytest.param(bound, id=repr(bound), marks=[mark] if one.name in reasons else []))
    return params
