"""How much of a budget is left, and what will still end in time."""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from statistics import median
from typing import Any

from xaiplug.run.store import CELL, Store

Plan = Mapping[str, Mapping[str, Any]]


class Clock:
    """What is left of a budget, and what cells take.

    Args:
        budget: in seconds, from `start` (`time.monotonic()`).
        plan: id -> names of every cell.
    """

    def __init__(self, budget: float, start: float, store: Store, plan: Plan) -> None:
        self.budget, self.start, self.store, self.plan = budget, start, store, plan
        self.took: dict[tuple[str, ...], list[float]] = {}

    def __str__(self) -> str:
        return f"{told(time.monotonic() - self.start)} of {told(self.budget)}"

    @property
    def left(self) -> float:
        return self.budget - (time.monotonic() - self.start)

    def needs(self, cells: Iterable[str]) -> float:
        """Seconds for these cells; one of an unknown kind counts as the middle one of those known, infinite without."""
        usual = {kind: median(took) for kind, took in self.took.items()}
        middle = median(usual.values()) if usual else math.inf
        return sum(usual.get(self._kind(cell), middle) for cell in cells)

    @contextmanager
    def working(self, cells: Iterable[str]) -> Iterator[None]:
        """Learn from this block, which computes these cells, what passes between the end of one and of the next."""
        last = time.time()
        yield
        finished = [cell for cell in cells if self.store.finished(cell)]
        for end, cell in sorted(((self.store.cell(cell) / CELL).stat().st_mtime, cell) for cell in finished):
            self.took.setdefault(self._kind(cell), []).append(max(end - last, 0.0))
            last = end

    def _kind(self, cell: str) -> tuple[str, ...]:
        """What takes alike: scores of one entry with one imputer, maps of one entry."""
        entry = self.plan[cell]
        what = ("metric_entry", "metric_imputer") if entry["metric_entry"] else ("explainer", "imputer")
        return tuple(entry[name] for name in ("model", "data", *what))


def told(seconds: float) -> str:
    """`1:05`, or `2:00:00`.

    >>> told(65)
    '1:05'
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
