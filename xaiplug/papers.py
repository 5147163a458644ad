"""Papers, and the `papers.bib` files that hold them: one in the wheel that a paper belongs to, one of the core's.

Entries are named by the first author's family name and the year, `zhuo2024`, with a letter where two clash. A paper
that several wheels cite is in the core's file.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib.machinery import ModuleSpec
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING
from unicodedata import normalize

from xaiplug.errors import RegistryError, did_you_mean

if TYPE_CHECKING:
    from pybtex.database import Entry

CORE = "xaiplug"
FILE = "papers.bib"


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
        """A BibTeX entry; the key is the first author's family name, in plain letters, and the year.

        >>> print(Paper("Axiomatic Attribution", "Sundararajan, M. and Taly, A.", 2017, venue="ICML").bibtex)
        @inproceedings{sundararajan2017,
          title = {Axiomatic Attribution},
          author = {Sundararajan, M. and Taly, A.},
          year = {2017},
          booktitle = {ICML},
        }
        """
        first = self.authors.split(",")[0].split(" and ")[0].lower()
        letters = [c for c in normalize("NFKD", first) if c.isalpha()]
        family = "".join(c for c in letters if c.isascii()) or "".join(letters)
        fields = {"title": self.title, "author": self.authors, "year": str(self.year), "booktitle": self.venue}
        fields |= {"doi": self.doi, "url": self.url}
        lines = [f"  {key} = {{{value}}}," for key, value in fields.items() if value]
        return "\n".join([f"@inproceedings{{{family}{self.year},", *lines, "}"])


def paper(key: str, package: str) -> Paper:
    """The paper `key` of a package's `papers.bib`, else of the core's.

    Raises:
        RegistryError: neither has it, or a file is no BibTeX.

    >>> paper("sumiyasu2024", "xaiplug_moxi").year
    2024
    """
    owners = [name for name in dict.fromkeys([package, CORE]) if folders(name)]
    known = {name: found for owner in reversed(owners) for name, found in held_by(owner).items()}
    if key not in known:
        where = " or ".join(f"{owner}/{FILE}" for owner in owners)
        further = f"add one to {package}/{FILE}" if package in owners else "write out the Paper"
        raise RegistryError(
            f"no paper '{key}' in {where}{did_you_mean(key, known)} (write the key of an entry, or {further})"
        )
    return known[key]


@cache
def held_by(package: str) -> dict[str, Paper]:
    """Every paper of a package's own `papers.bib`; none where there is no such file.

    Raises:
        RegistryError: the file is no BibTeX, or a paper lacks its title, authors or year.
    """
    files = [file for folder in folders(package) if (file := Path(folder) / FILE).is_file()]
    return {key: read for file in files for key, read in _read(file).items()}


def located(package: str) -> ModuleSpec | None:
    """Where a top-level package is, without importing it; None if nowhere."""
    with suppress(ValueError):  # a module that was made by hand has no spec
        return find_spec(package)
    return None


def folders(package: str) -> list[str]:
    """Where a top-level package lies, without importing it; nowhere for a module that is a single file."""
    found = located(package)
    return list((found and found.submodule_search_locations) or [])


def _read(file: Path) -> dict[str, Paper]:
    from pybtex.database.input.bibtex import Parser
    from pybtex.exceptions import PybtexError

    try:
        entries = Parser().parse_string(file.read_text("utf-8")).entries
    except PybtexError as error:
        raise RegistryError(f"{file} is no BibTeX: {error}") from error
    return {entry.key: _paper(file, entry) for entry in entries.values()}


def _paper(file: Path, entry: Entry) -> Paper:
    fields = entry.fields
    try:
        title, year = fields["title"], int(fields["year"])
        authors = " and ".join(str(person) for person in entry.persons["author"])
    except (KeyError, ValueError) as error:
        raise RegistryError(f"{file}: '{entry.key}' needs a title, an author and a year in digits") from error
    venue = fields.get("booktitle") or fields.get("journal", "")
    return Paper(title, authors, year, venue, fields.get("doi", ""), fields.get("url", ""))
