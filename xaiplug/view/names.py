"""Names of models, data and methods as names of files, or of anything that allows few letters."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable


def file_name(*parts: str) -> str:
    """A file's name of any words: what is no letter, digit, dot or dash becomes a dash.

    >>> file_name("curves", "net/2", "a b")
    'curves-net-2-a-b'
    """
    return "-".join(re.sub(r"[^\w.]+", "-", part).strip("-.")[:60] or "x" for part in parts)


def told_apart(names: Iterable[str], spelled: Callable[[str], str] = file_name) -> dict[str, str]:
    """Every name as it is spelled, none twice: what another has already gets a number.

    >>> told_apart(["a b", "a/b", "c"])
    {'a b': 'a-b', 'a/b': 'a-b2', 'c': 'c'}
    """
    made: dict[str, str] = {}
    for name in names:
        first = candidate = spelled(name)
        count = 1
        while candidate in made.values():
            count += 1
            candidate = f"{first}{count}"
        made[name] = candidate
    return made
