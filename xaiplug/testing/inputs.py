"""The check `input-kinds`, the same for every kind of component: what it takes, and how it refuses the rest."""

from __future__ import annotations

from xaiplug.errors import XaiplugError
from xaiplug.testing.scenes import Scene
from xaiplug.testing.types import Measured, Violation


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
