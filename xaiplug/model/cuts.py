"""Which tensors a network's answer goes through, all of it, on its way from the input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from torch import Tensor

Output = tuple[Any, int]
"""A node of autograd's graph, and which of its outputs."""


def output_of(value: Tensor) -> Output:
    """What made a tensor that has a graph."""
    return value.grad_fn, value.output_nr


def cuts(answer: Tensor, x: Tensor) -> tuple[set[Output], set[Output]]:
    """Outputs without which no path of the graph leads from the leaf `x` to `answer`; and those on some path.

    >>> import torch
    >>> x = torch.ones(2, requires_grad=True)
    >>> y = x * 2
    >>> z = y.exp()
    >>> total = (y + z).sum()  # y goes round z
    >>> through, aside = cuts(total, x)
    >>> [output_of(value) in through for value in (y, z, total)], output_of(z) in aside
    ([True, False, True], True)
    """
    order = [node for node in _inputs_first(answer.grad_fn) if node is not None]
    place: dict[Any, int] = {}
    used: dict[Any, set[int]] = {}
    reach = [0] * len(order)  # the last node that reads one
    through: set[Output] = set()
    aside: set[Output] = set()
    for node in order:
        sources = [(source, number) for source, number in node.next_functions if source in place]
        if not sources and getattr(node, "variable", None) is not x:
            continue
        place[node] = len(place)
        for source, number in sources:
            used.setdefault(source, set()).add(number)
            reach[place[source]] = place[node]
    furthest = -1
    for node, index in place.items():
        outputs = {(node, number) for number in used.get(node, {answer.output_nr})}
        (through if furthest <= index and len(outputs) == 1 else aside).update(outputs)
        furthest = max(furthest, reach[index])
    return through, aside


def _inputs_first(root: Any) -> Iterator[Any]:
    """Nodes of a graph, each after all that it reads."""
    seen, stack = {root}, [(root, iter(root.next_functions))]
    while stack:
        node, sources = stack[-1]
        for source, _ in sources:
            if source is not None and source not in seen:
                seen.add(source)
                stack.append((source, iter(source.next_functions)))
                break
        else:
            stack.pop()
            yield node
