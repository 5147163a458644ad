"""One cell's line in a plan of many, found by bisection: a process that computes one cell does not read the others.

A plan ends with the place of each line, in the order of the ids, and with where these places are. All of it is ASCII.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

WIDTH = 12
"""Digits of a place: a plan of up to a terabyte."""

_ID = b'{"id": "'
"""How the line of a cell begins."""

_END = '",\n"index": "{count:012d} {begin:012d} {size:012d}"\n}}\n'
_TAIL = len(_END.format(count=0, begin=0, size=0))
_INDEX = re.compile(rb'",\n"index": "(\d{12}) (\d{12}) (\d{12})"\n}\n')


def listed(head: str, lines: Mapping[str, str]) -> str:
    """JSON of a plan: its head (an object's first members, with `{` and a last comma), cells and their places.

    Args:
        lines: by the id of the cell; each begins with it.
    """
    begin = f'{head}"cells": [\n'
    cells = ",\n".join(lines.values())
    places, place = {}, len(begin)
    for cell, line in lines.items():
        places[cell] = place
        place += len(line) + len(",\n")
    body = f'{begin}{cells}\n],\n"places": "'
    found = "".join(f"{places[cell]:0{WIDTH}d}" for cell in sorted(lines))
    size = len(body) + len(found) + _TAIL
    return body + found + _END.format(count=len(lines), begin=len(body), size=size)


def line_of(path: Path, cell: str) -> dict[str, Any] | None:
    """The line of a cell; None if the file has none where its places say, as one that was edited by hand.

    Raises:
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        try:
            return _bisected(file, cell.encode())
        except ValueError:  # other bytes than were written
            return None


def _bisected(file: BinaryIO, cell: bytes) -> dict[str, Any] | None:
    file.seek(-_TAIL, 2)
    index = _INDEX.fullmatch(file.read())
    if index is None or file.tell() != int(index[3]):
        return None
    count, begin = int(index[1]), int(index[2])
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        file.seek(begin + middle * WIDTH)
        file.seek(int(file.read(WIDTH)))
        line = file.readline()
        if not line.startswith(_ID):
            return None
        here = line[len(_ID) : line.index(b'"', len(_ID))]
        if here == cell:
            entry: dict[str, Any] = json.loads(line.rstrip(b",\n"))
            return entry
        low, high = (middle + 1, high) if here < cell else (low, middle)
    return None
