"""One short line of a value, for a prompt and a debugger: what it is and how much of it, never its numbers."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor

_NAMED = 4


def brief(name: str, *parts: str) -> str:
    """A name and what is worth saying of it; empty parts are left out.

    >>> brief("Target", "2 samples", "")
    'Target(2 samples)'
    """
    return f"{name}({', '.join(part for part in parts if part)})"


def tally(count: int, noun: str) -> str:
    """
    >>> tally(1, "sample"), tally(1200, "group")
    ('1 sample', '1,200 groups')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def size(shape: Sequence[int]) -> str:
    """
    >>> size((3, 224, 224))
    '3x224x224'
    """
    return "x".join(map(str, shape))


def few(values: Tensor) -> str:
    """The different numbers of a tensor of integers, the first of them where there are many.

    >>> import torch
    >>> few(torch.tensor([3, 3, 7])), few(torch.arange(90))
    ('3, 7', '0, 1, 2, 3, ...')
    """
    found: list[int] = values.unique().tolist()
    return ", ".join(map(str, found[:_NAMED])) + (", ..." if len(found) > _NAMED else "")
