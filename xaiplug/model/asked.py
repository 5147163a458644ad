"""What several scores of one model ask alike is asked once.

A question is kept whole, all its rows in their order, so that an answer has the same bits whether it was asked for now
or before: which score comes first, or in which process, changes nothing.
"""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from torch import Tensor, nn

from xaiplug.data.groups import FeatureGroups
from xaiplug.data.samples import Pool
from xaiplug.model.traits import tensors_digest

KEPT = 2**26
"""Numbers of answers kept at once; the oldest leave."""


class Asked:
    """Answers to whole questions, by model and question."""

    def __init__(self) -> None:
        self._answers: OrderedDict[tuple[Any, ...], Tensor] = OrderedDict()
        self._numbers = 0

    def once(self, module: nn.Module, question: str, answer: Callable[[], Tensor]) -> Tensor:
        """The answer kept for a question to a model in its present state, else `answer()`, kept."""
        tensors = (*module.parameters(), *module.buffers())
        if any(tensor.is_inference() for tensor in tensors):
            return answer()  # nobody counts how often these were changed
        state = tuple(tensor._version for tensor in tensors)
        key = module, state, question
        if key not in self._answers:
            self._answers[key] = found = answer().detach()
            self._numbers += found.numel()
            while self._numbers > KEPT:
                self._numbers -= self._answers.popitem(last=False)[1].numel()
            return found.clone()
        return self._answers[key].clone()


_active: ContextVar[Asked | None] = ContextVar("asked", default=None)


@contextmanager
def sharing(asked: Asked | None) -> Iterator[None]:
    """Let questions inside be answered by what `asked` keeps, and keep theirs; None = ask all of them."""
    token = _active.set(asked)
    try:
        yield
    finally:
        _active.reset(token)


def once(module: nn.Module, parts: Callable[[], Mapping[str, Any]], answer: Callable[[], Tensor]) -> Tensor:
    """`answer()`, or what was answered before to the same question inside one `sharing`.

    Args:
        parts: all that the answer depends on beside the model; asked for only where answers are shared. One that is
            not known by its value (`named`) makes the question its own.
    """
    asked = _active.get()
    if asked is None:
        return answer()
    try:
        question = "\n".join(f"{name} {named(part)}" for name, part in parts().items())
    except TypeError:
        return answer()
    return asked.once(module, hashlib.sha256(question.encode()).hexdigest(), answer)


def named(part: Any) -> str:
    """What tells one value from others.

    Raises:
        TypeError: nobody knows.
    """
    match part:
        case None | bool() | int() | float() | str():
            return repr(part)
        case Tensor():
            return tensors_digest([("", part)])
        case FeatureGroups():
            return tensors_digest([("labels", part.labels), ("counts", part.counts)])
        case Pool():
            return tensors_digest([("inputs", part.inputs), ("labels", part.labels), ("predicted", part.predicted)])
        case Mapping():
            return "{" + ", ".join(f"{name!r}: {named(value)}" for name, value in part.items()) + "}"
        case list() | tuple():
            return "[" + ", ".join(map(named, part)) + "]"
    raise TypeError(type(part).__name__)
