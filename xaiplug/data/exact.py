"""The exact answer: what a right explanation of a sample says, and how much of it may be held against a method."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Literal, get_args

import torch
from torch import Tensor

from xaiplug.data.brief import brief, tally
from xaiplug.data.groups import FeatureGroups
from xaiplug.errors import DataError, ShapeError, did_you_mean, listing

Statement = Literal["where", "sign", "share", "order", "interaction"]
"""What a truth can say, and a metric can ask.

where: nothing outside `relevant` has an effect on the score.
sign: which groups raise the score, which lower it.
share: how much of all that is attributed each group has.
order: which of two groups counts for more.
interaction: which groups act together.
"""
STATEMENTS: tuple[Statement, ...] = get_args(Statement)


@dataclass(frozen=True, eq=False, repr=False)
class Exact:
    """Exact worths of the groups of every sample, in units of the logit.

    Args:
        groups: the players, a partition of the features of every sample; -1 plays no part.
        values: (N,G), what each adds to the score; NaN beyond the groups of a sample.
        says: which statements these support. Sound methods may differ in the others, so nobody is wrong there.
        interactions: (N,G,G) symmetric; 0 on the diagonal, and for two groups that do not act together in any context.
        of: the name of the one model that they are exact for; "" = of what any model should have learned.

    Raises:
        ShapeError: the parts do not fit. DataError: an unknown statement, or interactions that are said and not there.
    """

    groups: FeatureGroups
    values: Tensor
    says: tuple[Statement, ...]
    interactions: Tensor | None = None
    of: str = ""

    def __post_init__(self) -> None:
        said(self.says)
        count, players = len(self.groups.labels), self.groups.count
        if tuple(self.values.shape) != (count, players):
            raise ShapeError(f"exact values must be ({count},{players}), got {tuple(self.values.shape)}")
        if self.interactions is not None and tuple(self.interactions.shape) != (count, players, players):
            shape = tuple(self.interactions.shape)
            raise ShapeError(f"exact interactions must be ({count},{players},{players}), got {shape}")
        if "interaction" in self.says and self.interactions is None:
            raise DataError("it says 'interaction' and has no interactions (N,G,G)")

    def __len__(self) -> int:
        return len(self.values)

    def __repr__(self) -> str:
        players = f"up to {tally(self.groups.count, 'group')} each"
        return brief("Exact", tally(len(self), "sample"), players, f"says {' and '.join(self.says)}")

    def __getitem__(self, rows: Tensor) -> Exact:
        """Of some samples."""
        groups = self.groups[rows]
        kept, pairs = groups.count, None if self.interactions is None else self.interactions[rows]
        pairs = None if pairs is None else pairs[:, :kept, :kept]
        return Exact(groups, self.values[rows][:, :kept], self.says, pairs, self.of)

    def to(self, device: torch.device | str) -> Exact:
        """The same on another device."""
        pairs = None if self.interactions is None else self.interactions.to(device)
        return Exact(self.groups.to(device), self.values.to(device), self.says, pairs, self.of)

    def tensors(self) -> dict[str, Tensor]:
        """Every tensor by name."""
        named = {"labels": self.groups.labels, "counts": self.groups.counts, "values": self.values}
        return named if self.interactions is None else named | {"interactions": self.interactions}


def said(statements: Iterable[str]) -> Collection[str]:
    """Statements, all of them known.

    >>> said(["order"])
    ['order']

    Raises:
        DataError: one is not.
    """
    found = list(statements)
    for one in found:
        if one not in STATEMENTS:
            hint = did_you_mean(one, STATEMENTS)
            raise DataError(f"a truth can say {listing(STATEMENTS)}; there is no statement '{one}'{hint}")
    return found
