"""Which kinds of input a component takes, and the check `input-kinds`: how it refuses the rest."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from xaiplug.errors import UnavailableError, XaiplugError
from xaiplug.kinds import Component
from xaiplug.testing.shared.scenes import Scene
from xaiplug.testing.shared.types import Measured, Skip, Violation

PLAIN_KINDS = ("images", "rows", "embeddings", "volumes")
_taken: WeakKeyDictionary[Component, dict[str, Scene | Exception]] = WeakKeyDictionary()


def taking(
    component: Component, kinds: Sequence[str], make: Callable[[str], Scene], act: Callable[[Scene], Any]
) -> dict[str, Scene | Exception]:
    """Kind of input -> the scene that is made of it where `act` goes through, else the error; found out once."""
    if component not in _taken:
        found: dict[str, Scene | Exception] = {}
        for kind in kinds:
            made = make(kind)
            try:
                act(made)
                found[kind] = made
            except UnavailableError:
                raise
            except Exception as error:
                found[kind] = error
        _taken[component] = found
    return _taken[component]


def scenes_among(found: dict[str, Scene | Exception]) -> list[Scene]:
    """The scenes that a component takes.

    Raises:
        Skip: it takes none.
    """
    scenes = [made for made in found.values() if isinstance(made, Scene)]
    if not scenes:
        raise Skip(f"takes no kind of input, see input-kinds: {found['images']}")
    return scenes


def kinds_taken(found: dict[str, Scene | Exception]) -> Measured:
    """The verdict on `found`: kind of input -> its scene where the component takes it, else the error.

    Raises:
        Violation: an error that is not the framework's, or no kind taken.
    """
    for kind, error in found.items():
        if isinstance(error, Exception) and not isinstance(error, XaiplugError):
            raise Violation(
                f"{kind}: {type(error).__name__}: {error}; refuse with a ComponentError, ModelError or ShapeError that "
                "says why"
            )
    taken = [kind for kind, made in found.items() if isinstance(made, Scene)]
    refused = [f"{kind}: {error}" for kind, error in found.items() if not isinstance(error, Scene)]
    if not taken:
        raise Violation(f"takes no kind of input; {'; '.join(dict.fromkeys(refused))}")
    return Measured(detail="; ".join([f"takes {', '.join(taken)}", *(f"refuses {text}" for text in refused)]))
