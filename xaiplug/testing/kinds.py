"""Kind of component -> its checks."""

from __future__ import annotations

from typing import Any

from xaiplug.testing.explainers import EXPLAINER_CHECKS
from xaiplug.testing.types import Check

CHECKS: dict[str, tuple[Check, ...]] = {"explainer": EXPLAINER_CHECKS}


def checks_of(component: Any) -> tuple[Check, ...]:
    """The checks for one component."""
    return CHECKS[component.kind]
