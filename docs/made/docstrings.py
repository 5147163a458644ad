"""Docstrings of the house are Markdown in a Google layout; autodoc reads reStructuredText."""

from __future__ import annotations

import re

CODE = re.compile(r"(`[^`]+`)")
SPECIAL = re.compile(r"([*|]|_(?!\w))")


def as_rst(lines: list[str]) -> None:
    """Turn code spans into literals, and take the meaning from other signs; in place.

    >>> text = ["`x` (B,*shape), |a|"]; as_rst(text); text
    ['``x`` (B,\\\\*shape), \\\\|a\\\\|']
    """
    parts = CODE.split("\n".join(lines))
    parts[::2] = [SPECIAL.sub(r"\\\1", part) for part in parts[::2]]
    parts[1::2] = [f"`{part}`" for part in parts[1::2]]
    lines[:] = "".join(parts).split("\n")
