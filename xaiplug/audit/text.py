"""An audit for a terminal, as Markdown, as CSV and as LaTeX."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from xaiplug.audit.audit import Audit, Record
from xaiplug.view.tabular import Rows, csv_text, latex_table, markdown_table, plain

CSV_COLUMNS = ("model", "data", "metric", "first", "second", "verdict", "difference", "low", "high", "n", "words")


def terminal(found: Audit) -> str:
    """Plain text; names on one line, without control characters."""
    return _laid(found, str.upper, _columns)


def markdown(found: Audit) -> str:
    """Markdown, in which no name can end a cell or be a tag."""
    return _laid(found, lambda title: f"## {title}", markdown_table)


def as_csv(found: Audit) -> str:
    """The verdicts, a row each; no name is a formula."""
    rows = [one | dict(zip(("low", "high"), one["interval"], strict=True)) for one in found.verdicts]
    return csv_text(CSV_COLUMNS, [[row[name] for name in CSV_COLUMNS] for row in rows])


def latex(found: Audit) -> str:
    """Tables for a paper, set with `booktabs`."""
    return _laid(found, lambda title: f"% {title}", latex_table)


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
    lines = [[plain(cell) for cell in row] for row in ([list(heads), *rows])]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip() for line in lines
    )


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
