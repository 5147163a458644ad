"""Every error that xaiplug raises on purpose.

    XaiplugError
    ├── RegistryError(LookupError)       an unknown name, or one name offered by two plug-ins
    │   └── PluginError                  a plug-in that failed to import, asked for by name
    ├── ComponentError(ValueError)       a misspelt, ill-typed or out-of-range parameter; a missing need
    │   └── UnavailableError             an optional package or a weights file that is not on this machine
    ├── ConfigError(ValueError)          a run file; holds every problem, each with file:line:col
    ├── ShapeError(ValueError)           a tensor of the wrong shape or dtype
    ├── ModelError(RuntimeError)         a model that raises, returns the wrong shape, or cannot do what is asked
    │   ├── GradientError                no gradient where one is needed
    │   └── NonFiniteError               NaN or infinity where a number was needed
    ├── DataError(ValueError)            data that is missing or not what it should be
    ├── EngineError(RuntimeError)        an engine that cannot begin, or lost what it works with
    └── StoreError(OSError)              the output folder

A message says what, where, the nearest right answer, and what to do next.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import get_close_matches


class XaiplugError(Exception):
    """Base of every error raised on purpose."""


class RegistryError(XaiplugError, LookupError):
    """An unknown component name, or a name that two plug-ins offer."""


class PluginError(RegistryError):
    """A plug-in that could not be loaded."""


@dataclass(frozen=True)
class Problem:
    """One thing wrong in nested data: where (a path of keys) and what."""

    path: tuple[str | int, ...]
    message: str

    def __str__(self) -> str:
        where = ".".join(str(part) for part in self.path)
        return f"{where}: {self.message}" if where else self.message


class ComponentError(XaiplugError, ValueError):
    """Parameters that a component refuses; `problems` holds all of them."""

    def __init__(self, message: str, problems: Iterable[Problem] = ()) -> None:
        self.problems = tuple(problems)
        super().__init__(message)

    def __reduce__(self) -> tuple[type[ComponentError], tuple[str, tuple[Problem, ...]]]:
        return type(self), (str(self), self.problems)


class UnavailableError(ComponentError):
    """An optional package or a weights file that a component needs and this machine lacks; says how to get it."""


class ConfigError(XaiplugError, ValueError):
    """A run file with problems, one a line, each `file:line:col: path: message`."""


class ShapeError(XaiplugError, ValueError):
    """A tensor of the wrong shape or dtype."""


class ModelError(XaiplugError, RuntimeError):
    """A model that raises, returns the wrong shape, or lacks what a method asks for."""


class GradientError(ModelError):
    """A model that gives no gradient of its input where a method needs one."""


class NonFiniteError(ModelError):
    """NaN or infinity where a number was needed; `rows` of what was computed are struck."""

    def __init__(self, message: str, rows: Iterable[int] = ()) -> None:
        self.rows = tuple(rows)
        super().__init__(message)

    def __reduce__(self) -> tuple[type[NonFiniteError], tuple[str, tuple[int, ...]]]:
        return type(self), (str(self), self.rows)


class DataError(XaiplugError, ValueError):
    """Data that is missing or not what it should be."""


class EngineError(XaiplugError, RuntimeError):
    """An engine that cannot begin, or lost what it works with."""


class StoreError(XaiplugError, OSError):
    """An output folder that cannot be written or read."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """`"; did you mean 'x'?"` for the nearest known name, or an empty string.

    >>> did_you_mean("splt", ["split", "limit"])
    "; did you mean 'split'?"
    >>> did_you_mean("zzz", ["split"])
    ''
    """
    close = get_close_matches(name, list(known), n=1, cutoff=0.6)
    return f"; did you mean '{close[0]}'?" if close else ""


def listing(names: Iterable[str]) -> str:
    """Names for an error message, sorted and quoted.

    >>> listing(["b", "a"])
    "'a', 'b'"
    """
    return ", ".join(f"'{name}'" for name in sorted(names)) or "none"


def one_line(error: BaseException) -> str:
    """The message in one line, with the type where it is not one of ours.

    >>> one_line(DataError("no images")), one_line(ValueError("no"))
    ('no images', 'ValueError: no')
    """
    kind = "" if isinstance(error, XaiplugError) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{error}".split())
