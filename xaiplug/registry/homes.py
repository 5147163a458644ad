"""Which wheel of ours offers which name, for the error that says what to install. Each name has one home.

`homes.json` is written by `make homes` from what is installed, and shipped: an absent wheel cannot be asked.
"""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files


def home_of(kind: str, name: str) -> str | None:
    """The plug-in that offers `name`, or None if it is none of ours.

    >>> home_of("explainer", "ig2")
    'ig2'
    """
    return next((plugin for plugin, names in _homes().get(kind, {}).items() if name in names), None)


@cache
def _homes() -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = json.loads(files(__package__).joinpath("homes.json").read_text("utf-8"))
    return found
