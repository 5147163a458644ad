"""Commands whose words, paths and flags are read without pydantic.

Typer (from 0.27 or so) converts every parameter with pydantic, whose import alone takes longer than `xaiplug list` may.
Words, paths and flags need no conversion to speak of, so their parameters get a reader of their own here. Where Typer
has no such hook this does nothing; `tests/cli/test_light.py` says when it stops working.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from typer.core import TyperCommand, TyperGroup

READERS: dict[Any, Callable[[Any], Any]] = {str: str, Path: Path, list[str]: list, bool: bool}


class Reader:
    """Stands in for Typer's `RuntimeParam`."""

    def __init__(self, read: Callable[[Any], Any]) -> None:
        self.read = read

    def coerce(self, value: Any, param: Any, ctx: Any) -> Any:
        """The value of one parameter; None where it was not given."""
        return None if value is None else self.read(value)


class Light(TyperCommand):
    """A command that is parsed without pydantic, unless it has numbers."""

    def get_params(self, ctx: Any) -> list[Any]:
        return lightened(super().get_params(ctx))


class LightGroup(TyperGroup):
    """The same for the group of commands."""

    def get_params(self, ctx: Any) -> list[Any]:
        return lightened(super().get_params(ctx))


def lightened(parameters: list[Any]) -> list[Any]:
    """The parameters, with readers for those that need no pydantic."""
    for parameter in parameters:
        annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
        if (read := READERS.get(annotation)) is not None:
            parameter._runtime_param = Reader(read)
    return parameters
