"""What a hook returns: strings about a component, and how to reach its class. Imports nothing heavy."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import Any


@dataclass(frozen=True)
class Paper:
    """The paper that a component implements; shown in the report and exported as BibTeX."""

    title: str
    authors: str
    year: int
    venue: str = ""
    doi: str = ""
    url: str = ""

    @property
    def bibtex(self) -> str:
        """A BibTeX entry; the key is the first author's family name and the year.

        >>> print(Paper("Axiomatic Attribution", "Sundararajan, M. and Taly, A.", 2017, venue="ICML").bibtex)
        @inproceedings{sundararajan2017,
          title = {Axiomatic Attribution},
          author = {Sundararajan, M. and Taly, A.},
          year = {2017},
          booktitle = {ICML},
        }
        """
        family = "".join(c for c in self.authors.split(",")[0].split(" and ")[0].lower() if c.isalpha())
        fields = {"title": self.title, "author": self.authors, "year": str(self.year), "booktitle": self.venue}
        fields |= {"doi": self.doi, "url": self.url}
        lines = [f"  {key} = {{{value}}}," for key, value in fields.items() if value]
        return "\n".join([f"@inproceedings{{{family}{self.year},", *lines, "}"])


@dataclass(frozen=True)
class Spec:
    """One offered component.

    `factory` is the component class, or `"package.module:Class"`: a string keeps `xaiplug list` free of torch.
    """

    name: str
    factory: type[Any] | str
    summary: str
    paper: Paper | None = None

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
