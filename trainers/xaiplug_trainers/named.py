"""Networks, losses and sources by name: ours, those that other wheels offer, and `module:attribute`.

A wheel offers one by an entry point of the group `xaiplug_trainers.networks`, `.losses` or `.sources`. What is named as
`module:attribute` is imported: the command line or the run file that names it runs that code.
"""

from collections.abc import Collection, Mapping
from importlib import import_module
from importlib.metadata import entry_points
from inspect import Parameter, signature
from typing import Any

from xaiplug.errors import DataError, did_you_mean
from xaiplug.origins import own, release, sources

__all__ = ["arguments_of", "check_arguments", "code_of", "imported", "offered", "place_of", "split"]

_PLURALS = {"network": "networks", "loss": "losses", "source": "sources"}


def split(value: str | Mapping[str, Any], params: Mapping[str, Any] | None = None) -> tuple[str, dict[str, Any]]:
    """A name and parameters of a name, or of `{class_path: a.b.C, init_args: {...}}`, which is `a.b:C`.

    Raises `DataError` for a mapping of other keys.
    """
    given = dict(params or {})
    if isinstance(value, str):
        return value, given
    path, arguments = value.get("class_path"), value.get("init_args") or {}
    if not isinstance(path, str) or set(value) - {"class_path", "init_args"}:
        raise DataError(f"expected a name or class_path: and init_args:, not {', '.join(map(str, value))}")
    return (path if ":" in path else ":".join(path.rsplit(".", 1))), {**arguments, **given}


def place_of(kind: str, name: str, ours: Mapping[str, str]) -> str:
    """`module:attribute` of a name: itself, one of `ours`, or an entry point's.

    Raises `DataError` naming what there is.
    """
    if ":" in name:
        return name
    if name in ours:
        return ours[name]
    theirs = offered(kind)
    if name in theirs:
        return theirs[name]
    known = [*ours, *sorted(theirs)]
    raise DataError(
        f"the {_PLURALS[kind]} are {', '.join(known)}, or module:attribute of your own; "
        f"there is no {name!r}{did_you_mean(name, known)}"
    )


def offered(kind: str) -> dict[str, str]:
    """Name -> `module:attribute` of what other wheels offer."""
    return {point.name: point.value for point in entry_points(group=f"xaiplug_trainers.{_PLURALS[kind]}")}


def imported(place: str) -> Any:
    """What `module:attribute` is. Raises `DataError` where it cannot be imported."""
    module, _, attribute = place.partition(":")
    try:
        return getattr(import_module(module), attribute)
    except (ImportError, AttributeError, ValueError) as error:
        raise DataError(f"{place!r} cannot be imported: {error}") from error


def arguments_of(callable_: Any) -> tuple[list[str], bool]:
    """The names of what a callable takes, and whether it takes any others as well."""
    try:
        found = signature(callable_).parameters
    except ValueError:  # written in C
        return [], True
    by_name = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
    named = [name for name, one in found.items() if one.kind in by_name]
    return named, any(one.kind is Parameter.VAR_KEYWORD for one in found.values())


def check_arguments(what: str, callable_: Any, given: Collection[str], without: int = 0) -> None:
    """Raises `DataError` for an argument that a callable, but for its first `without`, does not take."""
    named, any_other = arguments_of(callable_)
    known = named[without:]
    for name in () if any_other else given:
        if name not in known:
            raise DataError(f"{what} takes {', '.join(known)}; there is no {name!r}{did_you_mean(name, known)}")


def code_of(place: str) -> dict[str, str]:
    """What decides the code behind a `module:attribute`: the release that has it, or the hashes of its files."""
    module = place.partition(":")[0]
    imported(place)
    return sources(module) if own(module) else {module: release(module.partition(".")[0])}
