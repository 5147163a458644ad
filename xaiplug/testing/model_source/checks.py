"""Checks of model sources."""

from __future__ import annotations

from xaiplug.errors import XaiplugError
from xaiplug.kinds import ModelSource
from xaiplug.testing.model_source.scenes import trial
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.trials import problems_hold, unknown_name
from xaiplug.testing.shared.types import Check, Measured, Violation, check


@check("loads")
def loads(source: ModelSource) -> Measured:
    """What it names as a trial is loaded, and is a model."""
    with trial(source) as tried:
        try:
            model = tried.model()
        except XaiplugError as error:
            raise Violation(str(error)) from error
    return Measured(detail=f"{tried.name}: {sum(p.numel() for p in model.network.parameters())} parameters")


@check("same-again")
def same_again(source: ModelSource) -> None:
    """The same name and parameters give the same weights: runs know their cells by them."""
    with trial(source) as tried:
        first, second = two_states(tried.fingerprint)
    if first != second:
        raise Violation(f"'{tried.name}' has other weights each time; draw them from a seed")


CHECKS: tuple[Check, ...] = (loads, same_again, unknown_name, problems_hold, *COMMON)
