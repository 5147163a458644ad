"""Verdicts in words."""

from __future__ import annotations

from collections.abc import Sequence

from xaiplug.claims.judged import Judged

MOST_NAMED = 3
"""Choices that a sentence names."""


def sentence(found: Judged, *, few: bool) -> str:
    """`+0.12 [+0.10, +0.14], n = 60; holds under 6 of 8 choices; opposite under ...`.

    Args:
        few: it was looked at in one way only.
    """
    low, high = found.interval
    ends = "" if low is None or high is None else f" [{low:+.3g}, {high:+.3g}]"
    parts = [f"{found.difference:+.3g}{ends}, n = {found.samples}" if found.difference is not None else "no value"]
    if found.choices > 1:
        parts.append(f"holds under {len(found.holds)} of {found.choices} choices")
    elif found.holds:
        parts.append("holds")
    if found.flips:
        parts.append(f"opposite under {_some(found.flips)}" if found.choices > 1 else "the opposite holds")
    if found.open:
        told = f"open under {_some(found.open)}" if found.choices > 1 else "open"
        parts.append(told + (f" (n needed: about {found.needed:.0f})" if found.needed is not None else ""))
    if few:
        parts.append("one network, one baseline and one seed are too few to say it of others")
    return "; ".join(parts)


def _some(names: Sequence[str]) -> str:
    more = len(names) - MOST_NAMED
    if more <= 1:
        return " / ".join(names)
    return " / ".join(names[:MOST_NAMED]) + f" and {more} more"
