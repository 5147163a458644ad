"""An audit for a terminal, as Markdown, as CSV and as LaTeX."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Sequence
from typing import Any

from xaiplug.audit.audit import Audit, Record

Rows = list[list[str]]
CSV_COLUMNS = ("model", "data", "metric", "first", "second", "verdict", "difference", "low", "high", "n", "words")
FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would compute when a text begins with it."""

TEX = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # else it is taken for an argument of the line before
    "<": r"\textless{}",
    ">": r"\textgreater{}",
}


def terminal(found: Audit) -> str:
    """Plain text; names on one line, without control characters."""
    return _laid(found, str.upper, _columns)


def markdown(found: Audit) -> str:
    """Markdown, in which no name can end a cell or be a tag."""
    return _laid(found, lambda title: f"## {title}", piped)


def as_csv(found: Audit) -> str:
    """The verdicts, a row each; no name is a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(CSV_COLUMNS)
    for one in found.verdicts:
        row = one | dict(zip(("low", "high"), one["interval"], strict=True))
        writer.writerow([_inert(row[name]) for name in CSV_COLUMNS])
    return file.getvalue()


def latex(found: Audit) -> str:
    """Tables for a paper, set with `booktabs`."""
    return _laid(found, lambda title: f"% {title}", _tabular)


def _laid(found: Audit, title: Callable[[str], str], table: Callable[[Sequence[str], Rows], str]) -> str:
    parts = []
    if found.rankings:
        heads = ["metric", "on", "choices", "tau", "95 % interval", "pairs flipped", "flips by", "variance by", "ranks"]
        rows = [
            [
                one["metric"],
                _on(one),
                str(len(one["choices"])),
                _of(one["tau"]),
                _ends(one),
                _of(one["flipped"]),
                _shares(one["flips_by"]),
                _shares(one["variance_shares"]),
                ", ".join(f"{place['method']} {_of(place['rank'])} {_ends(place)}" for place in one["ranks"]),
            ]
            for one in found.rankings
        ]
        parts += [title("How stable are the rankings"), table(heads, rows)]
    if found.metrics:
        rows = [
            [one["first"], one["second"], _on(one), ", ".join(one["truths"]), _of(one["tau"]), _ends(one)]
            for one in found.metrics
        ]
        heads = ["metric", "metric", "on", "of these a truth", "tau", "95 % interval"]
        parts += [title("Which metrics agree"), table(heads, rows)]
    if found.sight:
        rows = [
            [
                one["metric"],
                _on(one),
                one["method"],
                one["against"],
                one["sees"],
                _of(one["difference"]),
                _ends(one),
                _of(one["effect"]),
                str(one["n"]),
                _of(one["needed"]),
            ]
            for one in found.sight
        ]
        heads = ["metric", "on", "method", "against", "sees", "difference", "95 % interval", "in units of its noise"]
        heads += ["n", "n needed"]
        parts += [title("Does the metric see"), table(heads, rows)]
    if found.verdicts:
        rows = [[_on(one), one["words"], _of(one["difference"]), _ends(one)] for one in found.verdicts]
        parts += [title("What may be said"), table(["on", "claim", "difference", "95 % interval"], rows)]
    if found.notes:
        parts += [title("What cannot be said"), table(["why"], [[note] for note in found.notes])]
    return "\n\n".join(parts) + "\n"


def _columns(heads: Sequence[str], rows: Rows) -> str:
    lines = [[_plain(cell) for cell in row] for row in ([list(heads), *rows])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


def piped(heads: Sequence[str], rows: Rows) -> str:
    """A Markdown table, in which no cell can end a cell or be a tag."""
    lines = [f"| {' | '.join(_escaped(cell) for cell in row)} |" for row in ([list(heads), *rows])]
    return "\n".join([lines[0], f"|{'---|' * len(heads)}", *lines[1:]])


def _tabular(heads: Sequence[str], rows: Rows) -> str:
    lines = [" & ".join(_tex(cell) for cell in row) + r" \\" for row in ([list(heads), *rows])]
    begin = [rf"\begin{{tabular}}{{{'l' * len(heads)}}}", r"\toprule", lines[0], r"\midrule"]
    return "\n".join([*begin, *lines[1:], r"\bottomrule", r"\end{tabular}"])


def _tex(text: str) -> str:
    return "".join(TEX.get(sign, sign) for sign in _plain(text))


def _plain(text: str) -> str:
    return "".join(sign if sign.isprintable() else " " for sign in text)


def _escaped(text: str) -> str:
    inert = _plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + sign if sign in "\\|`*_[]" else sign for sign in inert)


def _inert(cell: Any) -> Any:
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def _on(one: Record) -> str:
    return f"{one['model']} on {one['data']}"


def _of(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}"


def _ends(one: Record) -> str:
    low, high = one["interval"]
    return "-" if low is None else f"[{_of(low)}, {_of(high)}]"


def _shares(shares: dict[str, float | None]) -> str:
    """Whole percents, the largest first; nothing below one."""
    known = sorted(((share, name) for name, share in shares.items() if (share or 0) >= 0.005), reverse=True)
    return ", ".join(f"{name} {100 * share:.0f} %" for share, name in known if share)
