"""Pydantic's findings in our words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pydantic import ValidationError

from xaiplug.config.marks import Key
from xaiplug.config.schema import ENTRIES, known_keys
from xaiplug.errors import Problem, did_you_mean, listing

KnownKeys = Callable[[Key], list[str] | None]

_INPUT = {
    "string_type": "expected text",
    "int_type": "expected a whole number",
    "float_type": "expected a number",
    "bool_type": "expected true or false",
    "dict_type": "expected a mapping",
    "list_type": "expected a list",
    "model_type": "expected a mapping",
    "model_attributes_type": "expected a mapping",
}


def found(error: ValidationError, known: KnownKeys = known_keys) -> list[Problem]:
    """One problem for each thing that the schema refuses; `known` are the keys that it allows at a path."""
    return [_problem(detail, known) for detail in error.errors()]


def _problem(detail: Any, known_keys: KnownKeys) -> Problem:
    path: Key = tuple(part for part in detail["loc"] if part != "[key]")
    given, context = detail["input"], detail.get("ctx", {})
    match detail["type"]:
        case "extra_forbidden":
            known = known_keys(path[:-1]) or []
            return Problem(
                path, f"unknown key '{path[-1]}'{did_you_mean(str(path[-1]), known)} (known: {listing(known)})"
            )
        case "missing":
            return Problem(path, "is missing")
        case "literal_error":
            return Problem(path, f"expected {context['expected']}, got {given!r}")
        case "string_pattern_mismatch":
            return Problem(path, _misnamed(path, given))
        case "too_short":
            return Problem(path, "is empty; give at least one")
        case "greater_than_equal":
            return Problem(path, f"expected at least {context['ge']}, got {given!r}")
        case "value_error":
            text = str(context["error"])
            return Problem(path, text if "got" in text or len(str(given)) > 60 else f"{text}, got {given!r}")
    return Problem(path, f"{_INPUT.get(detail['type'], detail['msg'])}, got {_cut(given)}")


def _cut(given: Any) -> str:
    text = repr(given)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _misnamed(path: Key, given: Any) -> str:
    if path and path[-1] == "keep":
        return f"expected all, correct or top-5 (any number), got {given!r}"
    what = "a run's name is also a folder's: it" if path == ("name",) else "a name"
    signs = "letters, digits, '-', '_', '+'" + (" and single dots between them" if path == ("name",) else "")
    return f"{what} must be made of {signs}, got {given!r}"


def without(data: dict[Any, Any], problems: list[Problem]) -> dict[Any, Any]:
    """The data less every part that has a problem, so that the rest can be checked too."""
    sound = {key: dict(value) if key in ENTRIES and isinstance(value, dict) else value for key, value in data.items()}
    for problem in problems:
        section, name = (*problem.path, None, None)[:2]
        if section in ENTRIES and name is not None and isinstance(sound.get(section), dict):
            sound[section].pop(name, None)
        else:
            sound.pop(section, None)
    needed: dict[str, Any] = {"version": 1, "name": "run", "models": {}, "data": {}, "explainers": {}}
    return needed | sound
