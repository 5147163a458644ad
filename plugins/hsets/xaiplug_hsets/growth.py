"""Growing sets of interacting features along Hessian rows (H-Sets, Algorithm 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaiplug_hsets.neighbours import Neighbours

_TOGETHER = {"cpu": 1}
"""Rows computed together, at most; elsewhere 16, where they cost next to nothing more than one. Those behind the first
are ahead of their turn and mostly in vain, as a newcomer's subtree comes first: on a CPU, where a row costs what it
costs, a CNN on 64 pixels took 3.8 s by 16 (986 rows for 256 used) and 1.3 s by one."""
_ENTRIES = 2**24
"""Entries of rows computed together, at most."""


@dataclass(frozen=True, eq=False)
class Found:
    """One set: flat features `members` (n,) ascending; `entry` (n,), the signed Hessian entry that brought each in."""

    seed: int
    members: Tensor
    entry: Tensor


@dataclass(eq=False)
class Rows:
    """The neighbours of features of one sample, each row computed once; whole rows are not kept.

    `used` counts the rows that growth has asked for; `computed` also those that were computed ahead in vain.
    """

    hessian: Callable[[Tensor], Tensor]
    select: Callable[[Tensor, int], Neighbours]
    device: torch.device
    limit: int | None = None
    used: set[int] = field(default_factory=set)
    flat: bool = True
    _cache: dict[int, Neighbours] = field(default_factory=dict)

    @property
    def computed(self) -> int:
        return len(self._cache)

    @property
    def left(self) -> int | None:
        """Rows that may still be asked for; None = any number."""
        return None if self.limit is None else self.limit - len(self.used)

    def of(self, feature: int, next_up: Iterator[int], ahead: int) -> Neighbours:
        """The neighbours of `feature`; if it must be computed, up to `ahead` of `next_up` are computed with it."""
        self.used.add(feature)
        if feature not in self._cache:
            wanted = {feature: None}
            for other in next_up:
                if len(wanted) > ahead:
                    break
                if other not in self._cache:
                    wanted[other] = None
            for one, row in zip(wanted, self.hessian(torch.tensor(list(wanted))), strict=True):
                self.flat = self.flat and not bool(row.any())
                self._cache[one] = self.select(row, one)
        return self._cache[feature]


def grow(rows: Rows, seed: int, cap: int, features: int, budget: int | None) -> tuple[Found, bool]:
    """The set that grows from `seed`, and whether it was cut short by `budget` rows not used before.

    GetSet of Algorithm 1 with a stack of its own: the neighbours of a feature join, strongest first, until the set has
    `cap` members; then each newcomer's neighbours, its whole subtree before the next newcomer's. The seed joins only if
    its own row or another member's has it. Rows are computed ahead of their turn, and used in it.
    """
    member = torch.zeros(features, dtype=torch.bool, device=rows.device)
    joined: list[Tensor] = []
    entries: list[Tensor] = []
    size, ahead, spent = 0, 0, len(rows.used)
    most = max(0, min(_TOGETHER.get(member.device.type, 16), _ENTRIES // features) - 1)
    stack = [seed]
    while stack and size < cap:
        feature = stack.pop()
        new = feature not in rows.used
        left = None if budget is None else budget - (len(rows.used) - spent)
        if new and left is not None and left <= 0:
            return _found(seed, joined, entries), True
        near = rows.of(feature, reversed(stack), ahead if left is None else min(ahead, left - 1))
        ahead = min(most, 2 * ahead + 1)
        fresh = ~member[near.index]
        index, entry = near.index[fresh][: cap - size], near.entry[fresh][: cap - size]
        member[index] = True
        size += len(index)
        joined.append(index)
        entries.append(entry)
        stack.extend(reversed(index.tolist()))
    return _found(seed, joined, entries), False


def _found(seed: int, joined: Sequence[Tensor], entries: Sequence[Tensor]) -> Found:
    members, order = torch.cat(list(joined)).sort() if joined else (torch.zeros(0, dtype=torch.int64), None)
    return Found(seed, members, torch.cat(list(entries))[order] if order is not None else torch.zeros(0))


def generate(
    rows: Rows, strength: Tensor, labels: Tensor, k: int, cap: int, attempts: int | None
) -> tuple[list[Found], bool]:
    """Up to `k` sets of one sample, and whether `rows.limit` cut anything short.

    GenerateSets of Algorithm 1: features are visited by descending `strength` (d,); one starts a set if its segment
    (`labels` (d,), negative = none) has started none yet. A segment is given up after `attempts` seeds that interact
    with nothing; None tries every feature of it. A set may use its share of the rows that are left, so that the first
    does not leave the others without.
    """
    sets: list[Found] = []
    truncated = False
    segment = labels.tolist()
    open_segments = set(labels[labels >= 0].unique().tolist())
    failures: dict[int, int] = {}
    for feature in strength.argsort(descending=True, stable=True).tolist():
        if len(sets) == k or not open_segments:
            break
        where = segment[feature]
        if where not in open_segments:
            continue
        left = rows.left
        if left is not None and left <= 0 and feature not in rows.used:
            return sets, True
        share = None if left is None else -(-left // (k - len(sets)))
        found, cut = grow(rows, feature, cap, len(strength), share)
        truncated |= cut
        if len(found.members):
            sets.append(found)
        else:
            failures[where] = failures.get(where, 0) + 1
        if len(found.members) or failures[where] == attempts:
            open_segments.discard(where)
    return sets, truncated
