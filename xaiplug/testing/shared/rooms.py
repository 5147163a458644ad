"""The room of a kind in the kit, `xaiplug.testing.<kind.module>`, found by the table of kinds."""

from __future__ import annotations

from importlib import import_module
from typing import Any, Protocol, cast

from xaiplug.hookspecs import KINDS
from xaiplug.kinds import Component
from xaiplug.testing.shared.types import Check
from xaiplug.testing.shared.violator import Violator


class Room(Protocol):
    """What the package of a kind exports."""

    CHECKS: tuple[Check, ...]
    VIOLATORS: tuple[Violator, ...]
    GOOD: tuple[Component, ...]
    """Components that keep the contract."""

    def outcome(self, component: Any, original: Any) -> Any:
        """What a component makes of the scene that suits `original`: a tensor, or what `==` compares."""


def room_of(kind: str) -> Room:
    """The room of a kind of component."""
    return cast(Room, import_module(f"xaiplug.testing.{KINDS[kind].module}"))
