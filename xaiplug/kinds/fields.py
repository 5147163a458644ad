"""Fields of components: checked when one is made, shown by `xaiplug list`.

Fields are plain data or other components. All are checked strictly and at once, in the words of a run file.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Mapping
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from xaiplug.errors import ComponentError, Problem, XaiplugError, did_you_mean, listing
from xaiplug.late import later

if TYPE_CHECKING:
    from xaiplug.kinds.base import Component

T = TypeVar("T")


class _UseMarker:
    """Lets a field hold another component, given by name, `(name, params)`, `{use:, params:}` or as an instance."""

    def __get_pydantic_core_schema__(self, source: type[Component], handler: Any) -> Any:
        from pydantic_core import core_schema

        def resolved(value: Any) -> Component:
            try:
                made: Component = later("resolve")(source.kind, value)
                return made
            except ComponentError:
                raise
            except XaiplugError as error:
                raise ComponentError(str(error), [Problem((), str(error))]) from error

        return core_schema.no_info_plain_validator_function(resolved)


Use = Annotated[T, _UseMarker()]
"""`base: Use[Explainer] = use("gradient")`: a field that holds another component."""


def use(name: str, **params: Any) -> Any:
    """The default value of a `Use` field: resolved when the component is made, not when its class is."""
    return (name, params)


def validate(cls: type[Component], params: Mapping[str, Any]) -> dict[str, Any]:
    """Check and complete `params` against the fields of `cls`.

    Returns:
        Every field's value, defaults filled in, inner components made.

    Raises:
        ComponentError: with every problem, each with its path.
    """
    from pydantic import ValidationError

    fields = {field.name: field for field in fields_of(cls)}
    problems = [
        Problem((name,), f"unknown parameter{did_you_mean(name, fields)} (known: {listing(fields)})")
        for name in params
        if name not in fields
    ]
    values: dict[str, Any] = {}
    for name, field in fields.items():
        value = params.get(name, field.default)
        if value is dataclasses.MISSING:
            problems.append(Problem((name,), "required parameter is missing"))
            continue
        try:
            values[name] = _adapter(cls, name).validate_python(_tuples(value), strict=True)
        except ValidationError as error:
            problems.extend(_problems(name, error))
    if problems:
        raise ComponentError(f"{cls.__name__}: " + "; ".join(map(str, problems)), problems)
    return values


def type_name(cls: type[Component], field: str) -> str:
    """The type of a field for listings: as its author wrote it, but choices spelt out and bounds in plain signs."""
    import inspect

    hint = get_type_hints(cls)[field]
    if get_origin(hint) is Literal:
        return " | ".join(map(str, get_args(hint)))
    written = next(str(own[field]) for base in cls.__mro__ if field in (own := inspect.get_annotations(base)))
    return _BOUNDED.sub(lambda found: found[1] + _BOUND.sub(lambda b: f" {_SIGNS[b[1]]} {b[2]}", found[2]), written)


_BOUNDED = re.compile(r"Annotated\[([\w.]+)((?:, G[et]\([^)]*\)|, L[et]\([^)]*\))+)\]")
_BOUND = re.compile(r", ([GL][et])\(([^)]*)\)")
_SIGNS = {"Ge": ">=", "Gt": ">", "Le": "<=", "Lt": "<"}


def field_docs(cls: type[Component]) -> dict[str, str]:
    """Field name -> the string literal below it in the source, or `doc` in the metadata of one that was generated.

    An undocumented field is left out.
    """
    import ast
    import inspect
    import textwrap

    docs: dict[str, str] = {field.name: field.metadata["doc"] for field in fields_of(cls) if "doc" in field.metadata}
    for base in reversed([base for base in cls.__mro__ if dataclasses.is_dataclass(base)]):
        try:
            tree = ast.parse(textwrap.dedent(inspect.getsource(base))).body[0]
        except (OSError, TypeError):
            continue
        body = tree.body if isinstance(tree, ast.ClassDef) else []
        for statement, below in pairwise(body):
            match statement, below:
                case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                    docs[name] = inspect.cleandoc(text)
    names = {field.name for field in fields_of(cls)}
    return {name: text for name, text in docs.items() if name in names}


def fields_of(cls: type[Component]) -> tuple[dataclasses.Field[Any], ...]:
    """The dataclass fields of a component's class."""
    return dataclasses.fields(cls)  # type: ignore[arg-type]


@cache
def _adapter(cls: type[Component], field: str) -> Any:
    from pydantic import TypeAdapter

    hint = get_type_hints(cls, include_extras=True)[field]
    return TypeAdapter(hint)


def _tuples(value: Any) -> Any:
    """YAML and JSON write tuples as lists."""
    if isinstance(value, list):
        return tuple(_tuples(item) for item in value)
    return value


def _problems(field: str, error: Any) -> list[Problem]:
    found: list[Problem] = []
    for detail in error.errors():
        inner = detail.get("ctx", {}).get("error")
        if isinstance(inner, ComponentError) and inner.problems:
            found.extend(Problem((field, *_through(problem.path)), problem.message) for problem in inner.problems)
        else:
            where = tuple(part for part in detail["loc"] if isinstance(part, int))
            found.append(Problem((field, *where), f"{detail['msg']}, got {detail['input']!r}"))
    return found


def _through(path: tuple[str | int, ...]) -> tuple[str | int, ...]:
    return ("params", *path) if path else path
