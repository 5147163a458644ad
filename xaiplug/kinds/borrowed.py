"""Components around a library's classes: their fields are the library's own parameters, with its names and defaults."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, get_args, get_origin

from xaiplug.kinds.base import Component

PLAIN = (bool, int, float, str)


@dataclasses.dataclass(frozen=True)
class Parameter:
    """One parameter of a library's function.

    Attributes:
        hint: its type, as a component's field has it.
        default: its value where nothing is said.
        doc: what the library says of it, in one sentence.
    """

    hint: Any
    default: Any
    doc: str


def parameters(function: Callable[..., Any], leave_out: Collection[str] = ()) -> dict[str, Parameter]:
    """The parameters of a library's function that are plain data with a default: numbers, words, yes or no, tuples.

    What has no default, or takes functions and arrays, is left out: an adapter gives it, or the library's own holds.

    >>> def blur(image, sigma: float = 2.0, kernel=None, *, mode: str = "same"): ...
    >>> {name: (one.hint, one.default) for name, one in parameters(blur).items()}
    {'sigma': ('float', 2.0), 'mode': ('str', 'same')}
    """
    found = {}
    documentation = inspect.getdoc(function) or ""
    for name, parameter in inspect.signature(inspect.unwrap(function)).parameters.items():
        hint = _hint(parameter.annotation, parameter.default)
        if name not in leave_out and hint is not None:
            found[name] = Parameter(hint, parameter.default, _said(name, documentation))
    return found


def borrowed(
    base: type[Component], name: str, module: str, doc: str, fields: Mapping[str, Parameter], **attributes: Any
) -> type[Component]:
    """A component class `module.name` on `base`, with further fields and class attributes."""
    namespace: dict[str, Any] = {"__module__": module, "__qualname__": name, "__doc__": doc, **attributes}
    namespace["__annotations__"] = {field: one.hint for field, one in fields.items()}
    for field, one in fields.items():
        namespace[field] = dataclasses.field(default=one.default, metadata={"doc": one.doc})
    return type(name, (base,), namespace)


def _hint(annotation: Any, default: Any) -> Any:
    """The field's type: choices as the library has them, otherwise that of the default; None where it is no data."""
    if isinstance(annotation, str):
        optional = re.fullmatch(r"(?:Optional\[(\w+)\]|(\w+) \| None)", annotation)
        kind = optional and (optional[1] or optional[2])
        choices = None
    else:
        choices = annotation if get_origin(annotation) is Literal else None
        inner = [one for one in get_args(annotation) if one is not type(None)]
        kind = inner[0].__name__ if len(inner) == 1 and inner[0] in PLAIN else None
    if default is None:
        return f"{kind} | None" if kind in {one.__name__ for one in PLAIN} else None
    if choices is not None and all(isinstance(one, PLAIN) for one in get_args(choices)):
        return choices
    if type(default) in PLAIN:
        return type(default).__name__
    if isinstance(default, tuple) and default and all(type(one) in PLAIN for one in default):
        return f"tuple[{type(default[0]).__name__}, ...]"
    return None


def _said(name: str, documentation: str) -> str:
    """The first sentence on a parameter in a docstring with `name (type): text`, or `name: type` above its text."""
    found = re.search(rf"^\s*{name}\b(?: ?\([^\n]*?\)+)? ?:[ ]*(.*(?:\n\s+\S.*)*)", documentation, re.MULTILINE)
    text = " ".join(found[1].split()) if found else ""
    sentence = re.split(r"(?<=[a-z)\]])\. |: - | Default:", text)[0].rstrip(".")
    return f"{sentence[:200]}." if sentence else f"`{name}` of the library, as it names it."
