"""What the kit is made of: a check, what came of it, and the report of all of them."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

Status = Literal["passed", "failed", "skipped", "xfailed", "xpassed"]


class Violation(AssertionError):
    """A component breaks its contract; `error` is the largest one found, where there is a number to give."""

    def __init__(self, message: str, error: float | None = None, tolerance: float | None = None) -> None:
        super().__init__(message)
        self.error, self.tolerance = error, tolerance


class Skip(Exception):
    """A check that turns out not to apply, with the reason; raised while it runs."""


@dataclass(frozen=True)
class Measured:
    """A check that passed, with the largest error it saw."""

    error: float | None = None
    tolerance: float | None = None
    detail: str = ""


def always(component: Any) -> str | None:
    """Applies to every component."""
    return None


@dataclass(frozen=True)
class Check:
    """One rule of the contract.

    Args:
        name: kebab-case, the key of `expected`.
        what: one sentence.
        run: raises `Violation` if the component breaks the rule, `Skip` if the rule turns out not to apply.
        applies: the reason to skip, or None.
    """

    name: str
    what: str
    run: Callable[[Any], Measured | None]
    applies: Callable[[Any], str | None] = always


def check(name: str, applies: Callable[[Any], str | None] = always) -> Callable[[Callable[[Any], Any]], Check]:
    """Make a `Check` of a function; the first line of its docstring says what it checks."""

    def made(run: Callable[[Any], Any]) -> Check:
        return Check(name, (inspect.getdoc(run) or "").splitlines()[0], run, applies)

    return made


def claimed(axiom: str) -> Callable[[Any], str | None]:
    """Applies to components whose class claims `axiom`."""

    def reason(component: Any) -> str | None:
        return None if axiom in component.claims else f"{type(component).__name__} does not claim {axiom}"

    return reason


@dataclass(frozen=True)
class Outcome:
    """What came of one check; `detail` is the reason to skip, the violation, or the reason of an expected failure."""

    check: str
    status: Status
    detail: str = ""
    error: float | None = None
    tolerance: float | None = None

    @property
    def ok(self) -> bool:
        return self.status not in ("failed", "xpassed")

    def line(self) -> str:
        """One line: status, check, largest error and tolerance, detail."""
        number = "" if self.error is None else f"largest error {self.error:.2g}"
        if self.tolerance is not None:
            number += f" (tolerance {self.tolerance:.0e})"
        return "  ".join(part for part in (f"{self.status:<7}", f"{self.check:<25}", number, self.detail) if part)


@dataclass(frozen=True)
class Report:
    """Every check of one component (or plug-in), in order."""

    component: str
    outcomes: tuple[Outcome, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing failed, and nothing passed that was expected to fail."""
        return all(outcome.ok for outcome in self.outcomes)

    @property
    def failed(self) -> tuple[str, ...]:
        """Names of the checks that make this report not ok."""
        return tuple(outcome.check for outcome in self.outcomes if not outcome.ok)

    def lines(self) -> list[str]:
        """A heading, and a line for every check."""
        count = {status: sum(o.status == status for o in self.outcomes) for status in ("passed", "skipped", "xfailed")}
        tally = f"{count['passed']} passed, {count['skipped']} skipped"
        tally += f", {count['xfailed']} expected failures" if count["xfailed"] else ""
        tally += f", {len(self.failed)} VIOLATIONS" if self.failed else ""
        return [f"{self.component}: {tally}", *(f"  {outcome.line()}" for outcome in self.outcomes)]

    def raise_on_violation(self) -> None:
        """Raise a `Violation` that lists every failure."""
        wrong = [outcome.line() for outcome in self.outcomes if not outcome.ok]
        if wrong:
            raise Violation("\n".join([f"{self.component} breaks its contract:", *wrong]))
