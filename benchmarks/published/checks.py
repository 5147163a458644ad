"""The properties, each looked at by three lines that are run, and that stand on the page as the reproduction."""

from __future__ import annotations

import contextlib
import io
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from benchmarks.published.subjects import Claim, Library, Subject

GIVEN = Path(__file__).with_name("given.py")
PROPERTIES = ("completeness", "dummy", "batch", "untouched", "seeds", "random state")
KEEPS, BROKEN, ESTIMATE, DRAWS = "keeps", "does not", "estimate", "other draws"
UNCLAIMED, UNTOLD = "not claimed", "cannot be told"
ROUNDING = 1e-4
"""Share of the largest number by which float32 answers may differ in batches of other sizes."""

TEMPLATES: Mapping[str, tuple[str, ...]] = {
    "completeness": ("found, due = flat({answer}).sum(), {due}", "found, due"),
    "dummy": ("found = ask(x, y)", "np.abs(flat({ignored})).max() / np.abs(flat(found)).max()"),
    "batch": (
        "seed(); alone = ask(x[:1], y[:1]); seed(); among = ask(x, y)",
        "apart(first(alone), first(among))",
    ),
    "neighbours": (
        "seed(); here = ask(x, y); seed(); there = ask(among_others, y)",
        "apart(first(here), first(there))",
    ),
    "untouched": ("before = look(net, x); ask(x, y); after = look(net, x)", "changed(before, after)"),
    "seeds": ("seed(); once = ask(x, y); seed(); again = ask(x, y)", "apart(once, again)"),
    "draws": ("seed(); once = ask(x, y); seed(1); again = ask(x, y)", "apart(once, again)"),
    "random state": ("seed(7); before = states(); ask(x, y); after = states()", "changed(before, after)"),
}
COMMON = {"answer": "ask(x[:1], y[:1])", "due": "change(net, x[:1], y[:1])", "ignored": "found[:, 2]"}
"""What stands in the templates where a subject says nothing else."""


@dataclass(frozen=True)
class Finding:
    """What came of one property of one implementation."""

    verdict: str
    note: str = ""
    lines: tuple[str, ...] = ()
    """The reproduction, its last line an expression."""
    shown: str = ""
    """The value of that expression, when it was run."""
    design: str = ""
    """What the documentation says that makes it one of design."""


def find(library: Library, subject: Subject, name: str) -> Finding:
    """One property of one implementation, by running its lines."""
    if name in subject.untold:
        return Finding(UNTOLD, subject.untold[name])
    claim = {"completeness": subject.completeness, "dummy": subject.dummy}.get(name)
    if name in ("completeness", "dummy") and claim is None:
        return Finding(UNCLAIMED)
    try:
        found = _VERDICTS[name](library, subject, claim)
    except Exception as error:
        return Finding(UNTOLD, f"{type(error).__name__}: {' '.join(str(error).split())[:150]}")
    if found.verdict == BROKEN and name in subject.documented:
        return replace(found, design=subject.documented[name])
    return found


def lines(library: Library, subject: Subject, name: str) -> tuple[str, ...]:
    """The lines of a property, filled in."""
    fill = {**COMMON, **subject.fill}
    filled = [line.format(**fill) for line in {**TEMPLATES, **library.templates, **subject.templates}[name]]
    return (f"ask = lambda {library.arguments}: {subject.ask}", *filled)


def run(head: str, reproduction: tuple[str, ...]) -> Any:
    """The value of the last line, after the head and the others, in a fresh copy of what is given."""
    names: dict[str, Any] = {"__name__": "given"}
    told = io.StringIO()
    with warnings.catch_warnings(), contextlib.redirect_stdout(told), contextlib.redirect_stderr(told):
        warnings.simplefilter("ignore")
        exec(compile(GIVEN.read_text(), str(GIVEN), "exec"), names)
        exec("\n".join((head, *reproduction[:-1])), names)
        return eval(reproduction[-1], names)


def _looked(library: Library, subject: Subject, name: str) -> tuple[tuple[str, ...], Any]:
    asked = lines(library, subject, name)
    return asked, run(library.head, asked)


def _complete(library: Library, subject: Subject, claim: Claim) -> Finding:
    asked, (found, due) = _looked(library, subject, "completeness")
    off = abs(found - due) / abs(due)
    return _within(off, claim, asked, f"{found:.6g}, {due:.6g}", f"off by {_share(off)}")


def _dummy(library: Library, subject: Subject, claim: Claim) -> Finding:
    asked, share = _looked(library, subject, "dummy")
    return _within(float(share), claim, asked, f"{share:.3g}", f"{_share(share)} of the largest value")


def _within(off: float, claim: Claim, asked: tuple[str, ...], shown: str, note: str) -> Finding:
    if off <= claim.within:
        return Finding(KEEPS, "" if off <= ROUNDING else note)
    return Finding(ESTIMATE, note) if claim.estimate else Finding(BROKEN, note, asked, shown)


def _batch(library: Library, subject: Subject, _: Claim) -> Finding:
    asked, gap = _looked(library, subject, "batch")
    if gap <= ROUNDING:
        return Finding(KEEPS)
    if _looked(library, subject, "seeds")[1] > ROUNDING:
        return Finding(UNTOLD, "the same seed gives another answer already")
    if subject.templates.get("neighbours") == ():
        return Finding(BROKEN, f"hangs on batch_size: {_share(gap)} apart", asked, f"{gap:.3g}")
    swapped, other = _looked(library, subject, "neighbours")
    if other > ROUNDING:
        return Finding(BROKEN, f"hangs on its neighbours: {_share(other)} apart", swapped, f"{other:.3g}")
    if _looked(library, subject, "draws")[1] > ROUNDING:
        return Finding(DRAWS)
    return Finding(BROKEN, f"hangs on the size of the batch: {_share(gap)} apart", asked, f"{gap:.3g}")


def _untouched(library: Library, subject: Subject, _: Claim) -> Finding:
    asked, left = _looked(library, subject, "untouched")
    return Finding(BROKEN, in_short(left), asked, _cut(left)) if left else Finding(KEEPS)


def _seeds(library: Library, subject: Subject, _: Claim) -> Finding:
    asked, gap = _looked(library, subject, "seeds")
    if gap > ROUNDING:
        return Finding(BROKEN, f"{_share(gap)} apart", asked, f"{gap:.3g}")
    return Finding(KEEPS, "" if _looked(library, subject, "draws")[1] > ROUNDING else "nothing is drawn")


def _state(library: Library, subject: Subject, _: Claim) -> Finding:
    asked, moved = _looked(library, subject, "random state")
    return Finding(BROKEN, f"moves {' and '.join(moved)}'s", asked, str(moved)) if moved else Finding(KEEPS)


_VERDICTS: Mapping[str, Callable[[Library, Subject, Any], Finding]] = {
    "completeness": _complete,
    "dummy": _dummy,
    "batch": _batch,
    "untouched": _untouched,
    "seeds": _seeds,
    "random state": _state,
}


def in_short(left: list[str]) -> str:
    """Names of what was changed, by their kind.

    >>> in_short(["body.0.bias.grad", "body.0.weight.grad", "body.1: training", "body.1.rule", "head.weight"])
    '.grad, .rule, training, weights'
    """
    return ", ".join(sorted({_kind(name) for name in left}))


def _kind(name: str) -> str:
    if name.startswith("input"):
        return name
    if ": " in name:
        return name.rpartition(": ")[2]
    last = name.rpartition(".")[2]
    return "weights" if last in ("weight", "bias") else f".{last}"


def _cut(left: list[str]) -> str:
    return str(left) if len(left) < 4 else f"{str(left[:3])[:-1]}, .. {len(left) - 3} more]"


def _share(value: float) -> str:
    return f"{100 * value:,.0f} %" if value > 0.1 else f"{100 * value:.2g} %"
