"""Kind of component -> its checks, what breaks them and what keeps them: every kind of the table has its room."""

from __future__ import annotations

from xaiplug.hookspecs import KINDS
from xaiplug.kinds import Component
from xaiplug.testing.shared.rooms import room_of
from xaiplug.testing.shared.types import Check
from xaiplug.testing.shared.violator import Violator

CHECKS: dict[str, tuple[Check, ...]] = {kind: room_of(kind).CHECKS for kind in KINDS}
VIOLATORS: dict[str, tuple[Violator, ...]] = {kind: room_of(kind).VIOLATORS for kind in KINDS}
"""Broken components, at least one for every check: proof that the check can fail."""
GOOD: dict[str, tuple[Component, ...]] = {kind: room_of(kind).GOOD for kind in KINDS}
"""Components that keep the contract."""
