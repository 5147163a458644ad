"""What a hook returns: strings about a component, and how to reach its class. Imports nothing heavy."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.machinery import PathFinder
from inspect import cleandoc
from io import StringIO
from itertools import islice
from tokenize import COMMENT, INDENT, NEWLINE, NL, STRING, TokenError, generate_tokens
from typing import Any

from xaiplug import papers
from xaiplug.papers import Paper

__all__ = ["Paper", "Spec"]


@dataclass(frozen=True, init=False)
class Spec:
    """One offered component.

    Attributes:
        name: as users write it.
        factory: the component class, or `"package.module:Class"`: a string keeps `xaiplug list` free of torch.
        told: the summary, if it is not the first paragraph of the class's docstring.
        cited: the paper, or its key in a `papers.bib`: that of the factory's package, else that of xaiplug.

    >>> spec = Spec("spec", "xaiplug.spec:Spec", paper="lundberg2017")
    >>> spec.summary
    'One offered component.'
    >>> spec.paper.venue
    'NeurIPS'
    """

    name: str
    factory: type[Any] | str
    told: str
    cited: Paper | str | None

    def __init__(
        self, name: str, factory: type[Any] | str, summary: str = "", paper: Paper | str | None = None
    ) -> None:
        for field, value in {"name": name, "factory": factory, "told": summary, "cited": paper}.items():
            object.__setattr__(self, field, value)

    @property
    def summary(self) -> str:
        """What the component does, in one line; empty if neither the spec nor the class says it. Imports nothing."""
        if self.told:
            return self.told
        factory = self.factory
        doc = _docstring(*factory.split(":", 1)) if isinstance(factory, str) else cleandoc(factory.__doc__ or "")
        return " ".join(doc.split("\n\n")[0].split())

    @property
    def paper(self) -> Paper | None:
        """The paper that it implements, if any.

        Raises:
            RegistryError: no `papers.bib` has its key.
        """
        if not isinstance(self.cited, str):
            return self.cited
        module = self.factory if isinstance(self.factory, str) else self.factory.__module__
        return papers.paper(self.cited, re.split("[.:]", module)[0])

    def load(self) -> type[Any]:
        """Import and return the component class.

        Raises:
            ImportError: the module does not import.
            AttributeError: the module has no such attribute.
        """
        if not isinstance(self.factory, str):
            return self.factory
        module, _, attribute = self.factory.partition(":")
        loaded: type[Any] = getattr(import_module(module), attribute)
        return loaded


_CLASS = re.compile(r"^class (\w+)", re.MULTILINE)


def _docstring(module: str, name: str = "") -> str:
    """That of a class, from its source; empty if there is none. Only as much is read as it takes: files are long."""
    source = _source(module)
    start = next((found.start() for found in _CLASS.finditer(source) if found[1] == name), len(source))
    tokens = (token for token in generate_tokens(StringIO(source[start:]).readline) if token.type not in (NL, COMMENT))
    try:
        for token in tokens:
            if token.type == NEWLINE:
                break
        body = list(islice(tokens, 2))
    except (SyntaxError, TokenError):  # told when the class is loaded
        return ""
    if [token.type for token in body] != [INDENT, STRING]:
        return ""
    (parsed,) = ast.parse(f"class _:\n {body[1].string}").body
    assert isinstance(parsed, ast.ClassDef)
    return ast.get_docstring(parsed) or ""


@cache
def _source(module: str) -> str:
    """Of a module that is not imported, and whose parents are not; empty if there is none."""
    name, *inner = module.split(".")
    found = papers.located(name)
    for part in inner:
        if found is None:
            return ""
        name = f"{name}.{part}"
        found = PathFinder.find_spec(name, found.submodule_search_locations or [])
    get_source = getattr(found and found.loader, "get_source", None)
    try:
        return (get_source and get_source(name)) or ""
    except (ImportError, OSError):  # told when the class is loaded
        return ""
