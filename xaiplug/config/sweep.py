"""`grid` and `zip`: one entry of a run file, several components."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from xaiplug.config.marks import Key
from xaiplug.config.schema import ComponentEntry


@dataclass(frozen=True)
class Swept:
    """One set of parameters: its label, and where each swept value stands in the entry."""

    label: str
    params: dict[str, Any]
    places: dict[str, Key]

    def place(self, path: Key) -> Key:
        """Where in the entry the parameter at `path` was written."""
        return (*self.places.get(str(path[0]), ("params", path[0])), *path[1:]) if path else ("use",)


def count(entry: ComponentEntry) -> int:
    """How many sets of parameters `expand` gives; unrolls nothing."""
    return math.prod([len(next(iter(entry.zip.values()), [0])), *(len(values) for values in entry.grid.values())])


def expand(name: str, entry: ComponentEntry) -> Iterator[Swept]:
    """Every set of parameters of an entry: each row of `zip` with each combination of `grid`.

    >>> [swept.label for swept in expand("ig", ComponentEntry(use="ig", grid={"steps": [20, 200]}))]
    ['ig[steps=20]', 'ig[steps=200]']
    """
    rows = len(next(iter(entry.zip.values()), [0]))
    columns = [range(rows), *(range(len(values)) for values in entry.grid.values())]
    for row, *picks in itertools.product(*columns):
        places: dict[str, Key] = {key: ("zip", key, row) for key in entry.zip}
        places |= {key: ("grid", key, pick) for key, pick in zip(entry.grid, picks, strict=True)}
        swept = {key: getattr(entry, str(place[0]))[key][place[2]] for key, place in places.items()}
        inside = ",".join(f"{key}={_short(value)}" for key, value in swept.items())
        yield Swept(f"{name}[{inside}]" if inside else name, entry.params | swept, places)


def _short(value: Any) -> str:
    match value:
        case str():
            return value
        case {"use": str() as used, **rest} if not rest:
            return used
    return json.dumps(value, separators=(",", ":"), sort_keys=True, default=str)
