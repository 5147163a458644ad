"""What a reader may say of "A better than B", given what the study left open."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from xaiplug.audit.intervals import Floats, Interval, differ, over_both, over_samples, samples_needed

Word = Literal["all", "most", "some", "none", "undecided"]

WORDS: dict[Word, str] = {
    "all": "holds under all choices",
    "most": "holds under most choices",
    "some": "holds under some choices",
    "none": "holds under none of the choices",
    "undecided": "undecided",
}


@dataclass(frozen=True)
class Verdict:
    """One claim, judged.

    Attributes:
        claim: in words: "ig better than gradient by deletion".
        verdict: see `WORDS`.
        difference: of the means, A - B with higher better, over all choices; its interval is over samples and choices,
            over samples alone where there are fewer than three choices.
        each: for each choice the difference, with an interval over samples; all of them hold together at 95 %.
        names: of the choices.
        apart: whether the choices certainly differ in how much better A is, each in its own unit (`differ`).
        needed: samples with which the mean difference of the first choice would be told from 0; NaN if unknown.
    """

    claim: str
    verdict: Word
    difference: Interval
    each: tuple[Interval, ...]
    names: tuple[str, ...]
    apart: bool
    needed: float

    @property
    def flips(self) -> tuple[str, ...]:
        """The choices that certainly say the opposite."""
        return self._those(-1)

    @property
    def open(self) -> tuple[str, ...]:
        """The choices that say nothing for certain."""
        return self._those(0)

    def _those(self, side: int) -> tuple[str, ...]:
        level = 1 - 0.05 / len(self.each) if self.each else 0.95
        return tuple(name for name, one in zip(self.names, self.each, strict=True) if side_of(one, level) == side)

    @property
    def words(self) -> str:
        """A sentence."""
        count, held = len(self.each), len(self.each) - len(self.flips) - len(self.open)
        told = f"{self.claim}: {WORDS[self.verdict]}"
        if self.verdict in ("most", "some"):
            told += f" ({held} of {count})"
        if count == 1 and self.verdict in ("all", "none"):
            told = f"{self.claim}: " + ("holds" if held else "does not hold") + " under the one choice that was made"
        if self.flips:
            told += f"; the opposite holds under {', '.join(self.flips)}"
        if self.verdict == "undecided":
            told += f"; n = {self.difference.samples} is too small"
            told += f", about {self.needed:.0f} would settle this difference" if math.isfinite(self.needed) else ""
            told += (
                ", there is no difference on any sample" if self.difference.mean == 0 == self.difference.high else ""
            )
        elif self.open and count > 1:
            told += f"; open under {', '.join(self.open)}"
            if held and not self.flips and not self.apart:
                told += ", which nothing tells from the others: more samples may settle it"
        return told

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "claim": self.claim,
            "verdict": self.verdict,
            "difference": _number(self.difference.mean),
            "interval": self.difference.ends(),
            "n": self.difference.samples,
            "choices": len(self.each),
            "flips": list(self.flips),
            "open": list(self.open),
            "apart": self.apart,
            "needed": _number(self.needed),
            "words": self.words,
        }


def side_of(interval: Interval, level: float = 0.95) -> int:
    """1 where an interval of this level is above 0, -1 below, 0 where it holds 0 or stands on too few samples.

    Too few: so many that even a sign test in which all of them agree could not tell at this level. Values that are all
    alike have an interval without width, however few there are.
    """
    if 2.0 ** (1 - interval.groups) > 1 - level:
        return 0
    return int(interval.above) - int(interval.below)


def judge(claim: str, differences: Floats, names: Sequence[str], groups: Sequence[object] | None = None) -> Verdict:
    """A verdict on "A better than B" from the differences A - B (C,S), higher better, a row a choice.

    A choice is for or against the claim where its interval leaves 0 out. The intervals hold together: with C choices
    each has the level 1 - .05/C, so that a claim that is true under none is called true of some with 5 % at most.

    all: for under every choice. most: for under more than half, against under none. some: for under fewer, or for under
    some and against under others. none: against under some, for under none. undecided: neither under any.
    """
    level = 1 - 0.05 / max(1, len(differences))
    each = tuple(over_samples(row, groups, level) for row in differences)
    sides = [side_of(one, level) for one in each]
    held, against = sides.count(1), sides.count(-1)
    if each and held == len(each):
        word: Word = "all"
    elif held and not against and 2 * held > len(each):
        word = "most"
    elif held:
        word = "some"
    else:
        word = "none" if against else "undecided"
    together = over_both(differences, groups)
    if math.isnan(together.low):
        alone = over_samples(differences.mean(0), groups)
        together = Interval(together.mean, alone.low, alone.high, alone.samples, alone.groups, len(each))
    spread = float(np.nanstd(differences[0], ddof=1)) if each and each[0].samples > 1 else math.nan
    needed = samples_needed(spread, each[0].mean) if each else math.nan
    return Verdict(claim, word, together, each, tuple(names), differ(differences, groups), needed)


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
