"""What explainers are asked in the kit: the scenes that one takes, and its answers to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.errors import UnavailableError, XaiplugError
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.scenes import INPUT_KINDS, Scene, scene
from xaiplug.testing.shared.types import Skip


@dataclass
class _Known:
    """What is already known of an explainer: scenes by kind, or the error it raised; answers by precision."""

    kinds: dict[str, Scene | Exception] = field(default_factory=dict)
    answers: dict[torch.dtype, Explanation] = field(default_factory=dict)


_known: WeakKeyDictionary[Explainer, _Known] = WeakKeyDictionary()


def takes(explainer: Explainer, kind: str) -> Scene | Exception:
    """The scene of a kind where the explainer takes it, else the error that it raised."""
    known = _known.setdefault(explainer, _Known()).kinds
    if kind not in known:
        made = scene(kind)
        try:
            made.answer(explainer)
            known[kind] = made
        except UnavailableError:
            raise
        except Exception as error:
            known[kind] = error
    return known[kind]


def accepted(explainer: Explainer) -> dict[str, Scene | Exception]:
    """`takes` for every kind."""
    return {kind: takes(explainer, kind) for kind in INPUT_KINDS}


def main_scene(explainer: Explainer, dtype: torch.dtype = torch.float32) -> Scene:
    """The first kind of scene that the explainer takes.

    Raises:
        Skip: it takes none.
    """
    for kind in INPUT_KINDS:
        if isinstance(made := takes(explainer, kind), Scene):
            return made if dtype == torch.float32 else made.to(dtype)
    raise Skip(f"takes no kind of input, see input-kinds: {takes(explainer, INPUT_KINDS[0])}")


def reference(explainer: Explainer, dtype: torch.dtype = torch.float32) -> tuple[Scene, Explanation]:
    """The main scene and the explainer's answer to it, computed once.

    Raises:
        Skip: the explainer takes no kind of input.
    """
    made = main_scene(explainer, dtype)
    answers = _known[explainer].answers
    if dtype not in answers:
        answers[dtype] = made.answer(explainer)
    return made, answers[dtype]


def attempt(compute: Callable[[], Any], what: str) -> Any:
    """The result, or a `Skip` with the component's own clear error: some methods refuse some networks."""
    try:
        return compute()
    except XaiplugError as error:
        raise Skip(f"refuses {what}: {error}") from error


def unguarded(explainer: Explainer, query: Query) -> Tensor:
    """The attribution without the framework's guard, which would hide what a component leaves behind."""
    with torch.enable_grad():
        answered = explainer.explain(query)
    return answered.attribution if isinstance(answered, Explanation) else answered


def outcome(explainer: Explainer, original: Explainer) -> Tensor:
    """The attribution of the scene that suits `original`."""
    return main_scene(original).answer(explainer).attribution
