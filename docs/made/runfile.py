"""Every key of a run file, from the schema that checks it."""

from __future__ import annotations

import ast
import inspect
from itertools import pairwise
from typing import Any

from pydantic import BaseModel

from made.markdown import Raw, code, prose, table
from xaiplug.config import schema

HEAD = """# The run file

A run file is YAML. `xaiplug validate FILE` checks it whole and names every error with its line. This page is read off
the schema that does so.

Where an entry has only a `use`, its name alone will do: `black: black` is `black: {use: black}`. Names of entries are
yours: letters, digits, `_`, `+` and `-`. `--set PATH=VALUE` changes any key from the command line:
`--set explainers.ig.params.steps=50`."""


def page() -> str:
    """The keys of the file, then those of each section's entries."""
    docs = key_docs()
    parts = [HEAD, "## Keys of the file", _keys(schema.RunFile, docs)]
    sections: dict[str, list[str]] = {}
    for section, entry in {**schema.ENTRIES, **schema.SINGLES, "runs": schema.RunEntry}.items():
        sections.setdefault(entry.__name__, []).append(section)
    for name, used in sections.items():
        entry = getattr(schema, name)
        where = ", ".join(f"`{section}`" for section in used)
        parts += [f"## Keys of an entry of {where}", prose(inspect.getdoc(entry) or ""), _keys(entry, docs)]
    return "\n\n".join(parts) + "\n"


def key_docs() -> dict[tuple[str, str], str]:
    """(class, key) -> the string below the key in the schema's source."""
    found = {}
    for cls in ast.parse(inspect.getsource(schema)).body:
        if isinstance(cls, ast.ClassDef):
            for statement, below in pairwise(cls.body):
                match statement, below:
                    case ast.AnnAssign(target=ast.Name(id=key)), ast.Expr(value=ast.Constant(value=str(text))):
                        found[cls.name, key] = " ".join(text.split())
    return found


def _keys(cls: type[BaseModel], docs: dict[tuple[str, str], str]) -> str:
    described = cls.model_json_schema()
    rows = []
    for key, field in cls.model_fields.items():
        own = next((docs[base.__name__, key] for base in cls.__mro__ if (base.__name__, key) in docs), "")
        default = (
            Raw("required") if field.is_required() else code(_default(field.get_default(call_default_factory=True)))
        )
        rows.append([code(key), _words(described["properties"][key]), default, own])
    return table(["key", "value", "default", "what"], rows)


def _default(value: Any) -> str:
    """As it is written in a run file."""
    if isinstance(value, BaseModel):
        return _default(value.model_dump(exclude_defaults=True) or value.model_dump(exclude_none=True))
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {_default(one)}" for key, one in value.items() if one not in ({}, None)) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_default, value)) + "]"
    return {None: "null", "*": '"*"'}.get(value, str(value))


def _words(part: dict[str, Any]) -> str:
    """What a value may be, in words."""
    match part:
        case {"$ref": _}:
            return "an entry"
        case {"anyOf": list(parts)}:
            return " or ".join(dict.fromkeys(_words(one) for one in parts))
        case {"const": value}:
            return f"`{value}`"
        case {"enum": list(values)}:
            return ", ".join(f"`{value}`" for value in values)
        case {"type": "array", "items": dict(items)}:
            return f"a list of {_words(items)}"
        case {"type": "object", "additionalProperties": dict(values)} if values:
            return f"names, each with {_words(values)}"
        case {"type": "object"}:
            return "names and values"
        case {"type": "integer"}:
            return f"a whole number{_bound(part)}"
        case {"type": "null"}:
            return "null"
        case {"type": "string", "pattern": str(pattern)} if "correct" in pattern:
            return "`all`, `correct` or `top-K`"
        case {"type": "string"}:
            return "text"
    return "any value"


def _bound(part: dict[str, Any]) -> str:
    return f", {part['minimum']} or more" if "minimum" in part else ""
