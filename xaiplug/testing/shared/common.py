"""Checks of every kind of component: parameters and pickles."""

from __future__ import annotations

import pickle
from typing import Any

from torch import Tensor

from xaiplug.kinds import Component
from xaiplug.testing.shared.compare import same
from xaiplug.testing.shared.rooms import room_of
from xaiplug.testing.shared.types import Measured, Violation, check


def outcome_of(component: Component, original: Component) -> Any:
    """What a component makes of the scene that suits `original`, by its kind's `outcome`: a copy must make the same."""
    return room_of(original.kind).outcome(component, original)


def _alike(got: Any, want: Any, message: str) -> Measured:
    """Outcomes that are tensors may differ by rounding; anything else is equal or not."""
    if isinstance(want, Tensor):
        return same(got, want, 1e-6, message)
    if got != want:
        raise Violation(message)
    return Measured()


@check("pickles")
def pickles(component: Component) -> Measured:
    """A component survives pickling: a copy gives the same."""
    try:
        copy = pickle.loads(pickle.dumps(component))
    except Exception as error:
        raise Violation(f"cannot be pickled: {type(error).__name__}: {error}") from error
    got, want = outcome_of(copy, component), outcome_of(component, component)
    return _alike(got, want, "a pickled copy gives something else")


@check("params-round-trip")
def params_round_trip(component: Component) -> Measured:
    """`params()` is plain data that makes the same component again."""
    params = component.params()
    _plain(params, "params")
    remade = type(component)(**params)
    if remade.params() != params:
        raise Violation(f"params() of the component made of {params} is {remade.params()}")
    got, want = outcome_of(remade, component), outcome_of(component, component)
    return _alike(got, want, f"the component made of {params} gives something else")


def _plain(value: Any, where: str) -> None:
    match value:
        case None | bool() | int() | float() | str():
            return
        case list():
            for index, item in enumerate(value):
                _plain(item, f"{where}[{index}]")
        case dict():
            for name, item in value.items():
                _plain(item, f"{where}['{name}']")
        case _:
            raise Violation(f"{where} is {type(value).__name__}: not plain data, it cannot be stored or hashed")


COMMON = (pickles, params_round_trip)
