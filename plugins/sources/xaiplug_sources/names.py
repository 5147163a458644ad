"""Lists of classes: which name means which index."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from xaiplug.errors import DataError, did_you_mean

_DEEPEST = 16
"""Brackets in brackets; parsers of JSON may end the whole process on more."""

_FORMS = (
    'a list of names, {"0": "cat"}, {"cat": 0}, {"0": ["n02123045", "tabby"]}, or a list of {"wnid": ..., "name": ...}'
)


class Classes:
    """Names of classes; an index may have several, as `n01440764` and `tench`."""

    def __init__(self, entries: Sequence[Sequence[str]], where: str) -> None:
        """
        Args:
            entries: for every index its names; the first is its own, others may be shared.
            where: for messages.

        Raises:
            DataError: two indices of one name, or no name.
        """
        if not entries:
            raise DataError(f"{where} names no class")
        self.where = where
        self.names = tuple(names[0] for names in entries)
        own = {name: index for index, name in enumerate(self.names)}
        if len(own) < len(self.names):
            twice = next(name for name in self.names if self.names.count(name) > 1)
            raise DataError(f"{where} has the name '{twice}' more than once; every class has a name of its own")
        self.known: dict[str, set[int]] = {}
        for index, names in enumerate(entries):
            for name in names:
                self.known.setdefault(name, set()).add(index)
        self.known |= {name: {index} for name, index in own.items()}

    def index(self, name: str) -> int | None:
        """The class of that name; None = there is none.

        Raises:
            DataError: several share it.
        """
        found = self.known.get(name, set())
        if len(found) > 1:
            raise DataError(f"{self.where}: '{name}' is a name of the classes {sorted(found)}; use their first names")
        return next(iter(found), None)

    def nearest(self, name: str) -> str:
        """A hint for messages."""
        return did_you_mean(name, self.known)


def read(path: Path) -> Classes:
    """The classes of a JSON file, or of a text file with one name a line.

    Raises:
        DataError: no such file, not readable, or none of the forms that say which class has which index.
    """
    try:
        data = path.read_bytes()
    except (OSError, ValueError) as error:
        raise DataError(f"no list of classes at {path}: {error}") from error
    try:
        if path.suffix.lower() == ".txt":
            lines = [line.strip() for line in data.decode("utf-8-sig").splitlines()]
            return Classes([[line] for line in lines if line], str(path))
        return meant(_parsed(data), str(path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"{path} cannot be read as a list of classes: {error}") from error


def meant(value: Any, where: str) -> Classes:
    """The classes that a list or a mapping names.

    Raises:
        DataError: it has another form, gaps, or a name twice.
    """
    if isinstance(value, Mapping):
        return Classes(_in_order(_numbered(value, where), where), where)
    if isinstance(value, list | tuple):
        return Classes([_names(item, where) for item in value], where)
    raise DataError(f"{where} is no list of classes, but {value!r:.60}; write {_FORMS}")


def _parsed(data: bytes) -> Any:
    """JSON, in any of its encodings and with a byte order mark or without; a key twice is an error."""
    text = data.decode(json.detect_encoding(data))
    depth = 0
    for bracket in re.findall(r"[\[{\]}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text, flags=re.DOTALL)):
        depth += 1 if bracket in "[{" else -1
        if depth > _DEEPEST:
            raise ValueError(f"more than {_DEEPEST} brackets in one another")
    return json.loads(text, object_pairs_hook=_without_doubles)


def _without_doubles(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for key, value in pairs:
        if key in found:
            raise ValueError(f"the key '{key}' comes twice")
        found[key] = value
    return found


def _numbered(value: Mapping[Any, Any], where: str) -> list[tuple[int, list[str]]]:
    """Index and names, from `{"cat": 0}` or from `{"0": ...}`."""
    if value and all(_is_index(item) for item in value.values()):
        return [(index, _names(str(name), where)) for name, index in value.items()]
    if all(_is_index(key) or (isinstance(key, str) and key.isascii() and key.isdigit()) for key in value):
        return [(int(key), _names(names, where)) for key, names in value.items()]
    raise DataError(f"{where} is no list of classes: neither its keys nor its values are indices; write {_FORMS}")


def _is_index(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _in_order(numbered: Sequence[tuple[int, list[str]]], where: str) -> list[list[str]]:
    indices = [index for index, _ in numbered]
    if sorted(indices) != list(range(len(indices))):
        twice = sorted({index for index in indices if indices.count(index) > 1})
        missing = sorted(set(range(len(indices))) - set(indices))
        told = f"the index {twice[0]} twice" if twice else f"no class {missing[0]}"
        raise DataError(f"{where} has {told}; indices count from 0 without a gap")
    return [names for _, names in sorted(numbered)]


def _names(item: Any, where: str) -> list[str]:
    """The names of one class: a name, names, or an object with `wnid` or `name`."""
    if isinstance(item, Mapping):
        item = [item[key] for key in ("wnid", "name") if key in item]
    names = [item] if isinstance(item, str) else item
    if isinstance(names, list | tuple) and names and all(isinstance(name, str) and name for name in names):
        return list(names)
    raise DataError(f"{where}: {item!r:.60} is no name of a class; write {_FORMS}")
