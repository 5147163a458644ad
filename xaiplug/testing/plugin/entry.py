"""The kit's front for a whole plug-in: itself, and everything that it offers."""

from __future__ import annotations

from xaiplug.errors import XaiplugError
from xaiplug.registry import Entry
from xaiplug.testing.kinds import CHECKS as CHECKS_OF_KIND
from xaiplug.testing.plugin.checks import CHECKS
from xaiplug.testing.plugin.offered import offered
from xaiplug.testing.shared.running import run_check, run_checks
from xaiplug.testing.shared.types import Outcome, Report


def check_plugin(name: str) -> Report:
    """Check a plug-in: itself, and every component it offers with its defaults.

    Args:
        name: of its entry point, or the path of a plug-in file.

    Raises:
        RegistryError: no such plug-in.
    """
    subject = offered(name)
    outcomes = [run_check(one, subject) for one in CHECKS]
    if outcomes[0].status == "passed":
        outcomes += [outcome for entry in subject.entries for outcome in _component_outcomes(entry)]
    return Report(f"plugin '{subject.plugin.name}'", tuple(outcomes))


def _component_outcomes(entry: Entry) -> list[Outcome]:
    """One outcome for a component that keeps its contract, else its violations."""
    name = f"{entry.kind} {entry.spec.name}"
    try:
        component = entry.load()()
    except XaiplugError as error:
        return [Outcome(name, "failed", f"cannot be made with its defaults: {error}")]
    object.__setattr__(component, "origin", entry.origin)
    report = run_checks(CHECKS_OF_KIND[entry.kind], component, name)
    if report.ok:
        return [Outcome(name, "passed", report.lines()[0].removeprefix(f"{name}: "))]
    return [
        Outcome(f"{name}: {outcome.check}", outcome.status, outcome.detail, outcome.error, outcome.tolerance)
        for outcome in report.outcomes
        if not outcome.ok
    ]
