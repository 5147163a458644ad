"""`--set explainers.ig.params.steps=50`: changes to a run file from the command line."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from xaiplug.config.marks import Document, Key, value
from xaiplug.config.schema import ENTRIES, SINGLES, known_keys
from xaiplug.errors import ConfigError, Problem, did_you_mean, listing


def override(document: Document, settings: Sequence[str]) -> Document:
    """The document with every `path=value` of `settings` written into it.

    Raises:
        ConfigError: no `=`, a value that is no YAML, or a path that leads nowhere.
    """
    data, marks = copy.deepcopy(document.data), dict(document.marks)
    problems: list[Problem] = []
    for setting in settings:
        dotted, equals, text = setting.partition("=")
        path = tuple(int(part) if part.isascii() and part.isdigit() else part for part in dotted.strip().split("."))
        marks = {key: mark for key, mark in marks.items() if key[: len(path)] != path}
        marks[path] = f"--set {setting}"
        if not (equals and dotted.strip()):
            problems.append(Problem(path, "expected path=value, as in --set explainers.ig.params.steps=50"))
        elif isinstance(data, dict) and (problem := _write(data, path, value(text))):
            problems.append(problem)
    changed = Document(document.file, data, marks)
    if problems:
        raise ConfigError("\n".join(f"{changed.where(problem.path)}: {problem.message}" for problem in problems))
    return changed


def parameters(settings: Sequence[str]) -> dict[str, Any]:
    """`name=value` pairs as a mapping, values read as YAML.

    >>> parameters(["folds=5", "mode=folds"])
    {'folds': 5, 'mode': 'folds'}

    Raises:
        ConfigError: no `=`, or a value that is no YAML.
    """
    found = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not (equals and name.isidentifier()):
            raise ConfigError(f"--set {setting}: expected name=value, as in --set folds=5")
        found[name] = value(text)
    return found


def _write(data: dict[Any, Any], path: Key, new: Any) -> Problem | None:
    """Write `new` at `path`; mappings that a run file may leave out are made on the way."""
    at: Any = data
    for depth, part in enumerate(path):
        last = depth == len(path) - 1
        if isinstance(at, list):
            if not (isinstance(part, int) and part < len(at)):
                return Problem(path, f"'{_dotted(path[:depth])}' has {len(at)} items, numbered from 0")
        elif not isinstance(at, dict):
            return Problem(path, f"'{_dotted(path[:depth])}' is {at!r}; there is nothing below it")
        else:
            part = str(part)
            if part not in at and (problem := _refused(at, path, depth)):
                return problem
        if last:
            at[part] = new
        else:
            at = _below(at, part, path[: depth + 1])
    return None


def _below(at: Any, part: Any, path: Key) -> Any:
    if isinstance(at, dict) and at.get(part) is None:
        at[part] = {}
    entry = (len(path) == 2 and path[0] in ENTRIES) or (len(path) == 1 and path[0] in SINGLES)
    if isinstance(at, dict) and isinstance(at[part], str) and entry:  # written in short, its name alone
        at[part] = {"use": at[part]}
    return at[part]


def _refused(at: dict[Any, Any], path: Key, depth: int) -> Problem | None:
    part, above = str(path[depth]), path[:depth]
    known = known_keys(above)
    if known is None and len(above) == 1 and above[0] in ENTRIES:
        known = [str(name) for name in at]
    if known is None or part in known:
        return None
    where = f"'{_dotted(above)}' has no '{part}'" if above else f"a run file has no '{part}'"
    return Problem(path, f"{where}{did_you_mean(part, known)} (known: {listing(known)})")


def _dotted(path: Key) -> str:
    return ".".join(map(str, path))
