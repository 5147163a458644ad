"""Tables as Markdown, LaTeX and CSV, in which no name from outside can end a cell, be a tag, a command or a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Any

Rows = Sequence[Sequence[str]]

FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would compute when a text begins with it."""

TEX = {sign: f"\\{sign}" for sign in "&%$#_{}"} | {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "[": "{[}",  # else it is taken for an argument of the line before
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "±": r"$\pm$",
    "−": "$-$",
    "–": "--",
    "↑": r"$\uparrow$",
    "↓": r"$\downarrow$",
}


class Strong(str):
    """A cell that is set bold, where a format can."""


def markdown_table(heads: Sequence[str], rows: Rows) -> str:
    """A Markdown table.

    >>> print(markdown_table(["", "mass"], [["a|b", Strong("0.68")]]))
    |  | mass |
    |---|---|
    | a\\|b | **0.68** |
    """
    lines = [f"| {' | '.join(map(_marked, row))} |" for row in (heads, *rows)]
    return "\n".join([lines[0], f"|{'---|' * len(heads)}", *lines[1:]])


def latex_table(heads: Sequence[str], rows: Rows) -> str:
    r"""A `tabular` for a paper, set with `booktabs`; `text % 5` is `text \% 5`."""
    lines = [" & ".join(map(_set, row)) + r" \\" for row in (heads, *rows)]
    begin = [rf"\begin{{tabular}}{{{'l' * len(heads)}}}", r"\toprule", lines[0], r"\midrule"]
    return "\n".join([*begin, *lines[1:], r"\bottomrule", r"\end{tabular}"])


def csv_text(heads: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """CSV with one line of heads; numbers stay numbers, and no text is a formula."""
    file = io.StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows([inert(cell) for cell in row] for row in rows)
    return file.getvalue()


def inert(cell: Any) -> Any:
    """
    >>> inert("=1+1"), inert(-2.0)
    ("'=1+1", -2.0)
    """
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(FORMULA) else cell


def plain(text: str) -> str:
    """On one line, without control characters."""
    return "".join(sign if sign.isprintable() else " " for sign in text)


def tex(text: str) -> str:
    """Text as LaTeX shows it."""
    return "".join(TEX.get(sign, sign) for sign in plain(text))


def marked(text: str) -> str:
    """Text as Markdown shows it."""
    safe = plain(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return "".join("\\" + sign if sign in "\\|`*_[]" else sign for sign in safe)


def _marked(cell: str) -> str:
    return f"**{marked(cell)}**" if isinstance(cell, Strong) else marked(cell)


def _set(cell: str) -> str:
    return rf"\textbf{{{tex(cell)}}}" if isinstance(cell, Strong) else tex(cell)
