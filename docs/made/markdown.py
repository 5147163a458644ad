"""Markdown that nothing in a name or a docstring can break."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

CODE = re.compile(r"(`[^`]*`)")


def cell(value: object) -> str:
    """Text that ends no cell of a table, and is no HTML."""
    return prose(" ".join(str(value).split())).replace("|", "\\|")


def prose(text: str) -> str:
    """Text as it is, but that nothing outside of code is HTML, emphasis or mathematics."""
    parts = CODE.split(text)
    parts[::2] = [re.sub(r"([<*$_\[{])", r"\\\1", part) for part in parts[::2]]
    return "".join(parts)


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; cells that hold links are given as `Raw`."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(one if isinstance(one, Raw) else cell(one) for one in line)} |" for line in lines)


class Raw(str):
    """Markdown that is written as it is."""


def code(text: object) -> Raw:
    """Code in a cell."""
    return Raw("`" + str(text).replace("|", "\\|") + "`")
