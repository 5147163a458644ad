"""Checks of a whole plug-in: light to import, and well described."""

from __future__ import annotations

import inspect
import json
import re
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import fields

from xaiplug.claims.gather import claims_of, file_of
from xaiplug.claims.judged import stored
from xaiplug.errors import XaiplugError, listing
from xaiplug.kinds import Component, Explainer
from xaiplug.kinds.fields import field_docs
from xaiplug.registry import Entry
from xaiplug.testing.plugin.offered import Offered
from xaiplug.testing.shared.types import Measured, Skip, Violation, check

HEAVY = ("torch", "numpy", "pandas")
"""What the listing must not import; a plug-in's module is imported by every `xaiplug list`."""
_KEBAB = re.compile(r"[a-z][a-z0-9]*\+*(-[a-z0-9]+\+*)*")
_LISTING = """
import json, sys
from xaiplug.registry import discover
found = discover(only=[{name!r}], files={files!r})
print(json.dumps([sorted(set(sys.modules) & set({heavy!r})), [f.error for f in found.failures]]))
"""


@check("loads")
def loads(subject: Offered) -> Measured:
    """The plug-in imports, offers something, and every class it names can be imported."""
    if subject.plugin.error:
        raise Violation(subject.plugin.error)
    if not subject.entries:
        raise Violation("offers nothing")
    for entry in subject.entries:
        try:
            entry.load()
        except XaiplugError as error:
            raise Violation(str(error)) from error
    return Measured(detail=", ".join(f"{entry.kind} {entry.spec.name}" for entry in subject.entries))


@check("light-import")
def light_import(subject: Offered) -> Measured:
    """Listing what it offers, in a process of its own, imports neither torch, numpy nor pandas."""
    files = [str(subject.file.resolve())] if subject.file else []
    code = _LISTING.format(name=subject.plugin.name, files=files, heavy=HEAVY)
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=False)
    if done.returncode:
        raise Violation(f"listing it fails: {done.stderr.strip().splitlines()[-1]}")
    heavy, failures = json.loads(done.stdout.strip().splitlines()[-1])
    if failures:
        raise Skip("does not load")
    if heavy:
        raise Violation(f"its module imports {listing(heavy)}; name classes as 'package.module:Class' strings")
    return Measured(detail=f"no {', no '.join(HEAVY)}")


@check("names")
def names(subject: Offered) -> None:
    """Names are kebab-case: lower-case words joined by '-'."""
    for name in [subject.plugin.name.replace("_", "-") if subject.file else subject.plugin.name, *_names(subject)]:
        if not _KEBAB.fullmatch(name):
            raise Violation(f"'{name}' is not kebab-case")


def _names(subject: Offered) -> list[str]:
    return [entry.spec.name for entry in subject.entries]


@check("described")
def described(subject: Offered) -> None:
    """A version; for everything offered a summary on one line, a docstring of its own, and a whole paper if any."""
    if not subject.plugin.version or (subject.plugin.version == "0" and subject.file is None):
        raise Violation("has no version")
    for entry in subject.entries:
        what = f"{entry.kind} '{entry.spec.name}'"
        summary, paper = entry.spec.summary, entry.spec.paper
        if not summary.strip() or "\n" in summary:
            raise Violation(f"{what}: the summary must be one line of text")
        if paper is not None and not (paper.title and paper.authors and 1700 < paper.year < 2200):
            raise Violation(f"{what}: the paper needs title, authors and year")
        cls = _loaded(entry)
        if not inspect.cleandoc(cls.__dict__.get("__doc__") or "").strip() or _made_up(cls):
            raise Violation(f"{what}: {cls.__name__} has no docstring")


def _made_up(cls: type[Component]) -> bool:
    """`dataclass` writes the signature where there is no docstring."""
    return (cls.__doc__ or "").startswith(f"{cls.__name__}(")


@check("claims-have-papers")
def claims_have_papers(subject: Offered) -> Measured:
    """An explainer that claims axioms names its paper."""
    claiming = [e for e in subject.entries if issubclass(_loaded(e), Explainer) and _claims(_loaded(e))]
    if not claiming:
        raise Skip("offers no explainer that claims an axiom")
    for entry in claiming:
        if entry.spec.paper is None:
            raise Violation(
                f"explainer '{entry.spec.name}' claims {listing(_claims(_loaded(entry)))} and names no paper"
            )
    return Measured(detail=listing(entry.spec.name for entry in claiming))


def _claims(cls: type[Component]) -> Iterable[str]:
    claims = getattr(cls, "claims", ())
    return () if isinstance(claims, property) else claims


@check("fields-documented")
def fields_documented(subject: Offered) -> Measured:
    """Every parameter has a string below it that says what it is."""
    count = 0
    for entry in subject.entries:
        cls = _loaded(entry)
        known, docs = [field.name for field in fields(cls)], field_docs(cls)  # type: ignore[arg-type]
        missing = [name for name in known if not docs.get(name, "").strip()]
        if missing:
            raise Violation(f"{entry.kind} '{entry.spec.name}': {listing(missing)} not documented")
        count += len(known)
    return Measured(detail=f"{count} parameters")


@check("claims-are-sound")
def claims_are_sound(subject: Offered) -> Measured:
    """Its `claims.yaml` is one: known words, run files and tests that are there, verdicts that can be read."""
    file = file_of(subject.plugin)
    if file is None:
        raise Skip("ships no claims")
    try:
        paper = claims_of(subject.plugin, file)
        kept = stored(paper)
    except XaiplugError as error:
        raise Violation(str(error)) from error
    return Measured(detail=f"{len(paper.claims)} claims of {paper.key}, {len(kept)} verdicts")


def _loaded(entry: Entry) -> type[Component]:
    try:
        return entry.load()
    except XaiplugError as error:
        raise Skip(f"does not load: {error}") from error


CHECKS = (
    loads,
    light_import,
    names,
    described,
    claims_have_papers,
    fields_documented,
    claims_are_sound,
)
