"""Side-by-side timing for `benchmarks/`: a ratio of two ways to the same result, or no ratio at all."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import torch

Result = TypeVar("Result")


@dataclass(frozen=True)
class Paired:
    """Seconds of each round, both ways in turn within one process."""

    ours: tuple[float, ...]
    theirs: tuple[float, ...]
    load: float

    @property
    def ratio(self) -> float:
        """Median over rounds of theirs / ours: how many times faster ours is."""
        return statistics.median(self._ratios)

    @property
    def interval(self) -> tuple[float, float]:
        """95 % bootstrap interval of the median ratio."""
        ratios = torch.tensor(self._ratios, dtype=torch.float64)
        generator = torch.Generator().manual_seed(0)
        drawn = ratios[torch.randint(len(ratios), (2000, len(ratios)), generator=generator)].median(1).values
        return float(drawn.quantile(0.025)), float(drawn.quantile(0.975))

    @property
    def _ratios(self) -> list[float]:
        return [b / a for a, b in zip(self.ours, self.theirs, strict=True)]

    def __str__(self) -> str:
        low, high = self.interval
        return (
            f"{self.ratio:.2f}x [{low:.2f}, {high:.2f}] (ours {statistics.median(self.ours):.3f} s, theirs "
            f"{statistics.median(self.theirs):.3f} s, {len(self.ours)} rounds, load {self.load:.1f}, "
            f"{torch.get_num_threads()} threads)"
        )


def paired(
    ours: Callable[[], Result],
    theirs: Callable[[], Result],
    check: Callable[[Result, Result], object],
    *,
    rounds: int = 7,
    warm_ups: int = 1,
    clock: Callable[[], float] = time.perf_counter,
) -> Paired:
    """Time `ours` against `theirs` in interleaved rounds, in alternating order.

    Args:
        check: raises if the two results are not equal; it sees those of every warm-up, so that nothing is timed that
            was not compared.
        rounds: timed rounds.
        warm_ups: rounds before that, at least one.
        clock: `time.process_time` counts processor seconds, for single-threaded work on a busy machine.
    """
    for _ in range(max(1, warm_ups)):
        check(ours(), theirs())
    load = os.getloadavg()[0]
    first: list[float] = []
    second: list[float] = []
    for turn in range(rounds):
        pair = [(ours, first), (theirs, second)]
        for run, times in pair if turn % 2 == 0 else reversed(pair):
            before = clock()
            run()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times.append(clock() - before)
    return Paired(tuple(first), tuple(second), load)
