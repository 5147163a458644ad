"""The layers of a network in the order in which its forward comes to them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise

from torch import Tensor

from xaiplug import Query
from xaiplug.errors import ComponentError
from xaiplug.model.passes import looking


def layers_of(query: Query, drawn: Mapping[str, Tensor]) -> list[list[str]]:
    """Names of the parameters and buffers of each layer, the first that sees the input first.

    A layer is a module with tensors of its own, of which some would be others in `drawn`. One that no forward calls
    comes with the module that holds it.

    Raises:
        ComponentError: there is none.
    """
    network = query.model.network
    held = {**dict(network.named_parameters()), **dict(network.named_buffers())}
    layers: dict[str, list[str]] = {}
    for name in held:
        layers.setdefault(name.rpartition(".")[0], []).append(name)
    called = _called(query)
    moved = [
        (_place(owner, called), names)
        for owner, names in layers.items()
        if any(not held[name].equal(drawn[name].to(held[name])) for name in names)
    ]
    if not moved:
        raise ComponentError(f"model '{query.model.name}' has no weights that could be drawn anew")
    return [names for _, names in sorted(moved, key=lambda one: one[0])]


def packs(layers: Sequence[list[str]], most: int | None) -> list[list[list[str]]]:
    """Layers in at most so many packs of neighbours, as equal as can be.

    >>> packs([["a"], ["b"], ["c"]], 2)
    [[['a']], [['b'], ['c']]]
    """
    count = min(most or len(layers), len(layers))
    ends = [len(layers) * part // count for part in range(count + 1)]
    return [list(layers[start:end]) for start, end in pairwise(ends)]


def _called(query: Query) -> dict[str, int]:
    """Name of a module -> when a forward first calls it."""
    order: dict[str, int] = {}

    def note(name: str) -> Callable[..., None]:
        def first(*_: object) -> None:
            order.setdefault(name, len(order))

        return first

    handles = [module.register_forward_pre_hook(note(name)) for name, module in query.model.network.named_modules()]
    try:
        with looking():
            query.model(query.inputs[:1])
    finally:
        for handle in handles:
            handle.remove()
    return order


def _place(owner: str, called: Mapping[str, int]) -> int:
    while owner not in called and owner:
        owner = owner.rpartition(".")[0]
    return called.get(owner, 0)
