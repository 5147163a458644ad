"""The global random state, set to two different things."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from xaiplug.model.passes import seed_all

Made = TypeVar("Made")


def two_states(make: Callable[[], Made]) -> tuple[Made, Made]:
    """What `make` gives under two global random states."""
    seed_all(1)
    first = make()
    seed_all(2)
    return first, make()
