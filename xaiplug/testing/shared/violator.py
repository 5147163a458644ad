"""A broken component and what it breaks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Violator:
    """`component` fails the check `check`, those in `also`, and no other."""

    check: str
    component: Any
    also: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        return f"{self.check}-{type(self.component).__name__}"


def violator(check: str, component: Any, *also: str) -> Violator:
    """A `Violator`; `also` names further checks that the same fault breaks."""
    return Violator(check, component, frozenset(also))


made = itertools.count()
"""Numbers for components whose behaviour is in no field."""
