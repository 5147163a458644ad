"""The claims that the installed plug-ins ship.

A plug-in's package may hold `claims.yaml`, and beside it `verdicts.json`, which `xaiplug claims --run --write` keeps.
A plug-in that is a single file `name.py` may have `name.claims.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from xaiplug.claims.schema import Claim, ClaimsFile, known_keys
from xaiplug.claims.source import source_of, why_no_test
from xaiplug.config.marks import read
from xaiplug.config.problems import found
from xaiplug.errors import ConfigError, Problem, did_you_mean, listing
from xaiplug.papers import folders
from xaiplug.registry import Plugin, discover

FILE = "claims.yaml"


@dataclass(frozen=True)
class Paper:
    """A paper's claims, as one plug-in ships them.

    Attributes:
        plugin: the name of the plug-in.
        key: of the paper in a `papers.bib`.
        file: the `claims.yaml`.
        source: the folder that its run files and tests are relative to; None where only the wheel is there.
    """

    plugin: str
    key: str
    file: Path
    source: Path | None
    claims: tuple[Claim, ...]


def gather(name: str = "") -> list[Paper]:
    """The claims of every plug-in, by the plug-in's name; or of one paper, by its key or its plug-in's name.

    Raises:
        ConfigError: a file with problems, or no such paper.
    """
    plugins = {entry.plugin.name: entry.plugin for entry in discover().entries}
    papers = [claims_of(plugin, file) for _, plugin in sorted(plugins.items()) if (file := file_of(plugin))]
    if not name:
        return papers
    chosen = [paper for paper in papers if name in (paper.key, paper.plugin)]
    if not chosen:
        known = [told for paper in papers for told in (paper.plugin, paper.key)]
        raise ConfigError(f"no claims of a paper '{name}'{did_you_mean(name, known)} (known: {listing(known)})")
    return chosen


def one(papers: Iterable[Paper], wanted: str) -> tuple[Paper, Claim]:
    """The claim of this id.

    Raises:
        ConfigError: there is none, or two plug-ins have it.
    """
    there = [(paper, claim) for paper in papers for claim in paper.claims]
    chosen = [(paper, claim) for paper, claim in there if claim.id == wanted]
    if len(chosen) == 1:
        return chosen[0]
    if chosen:
        raise ConfigError(
            f"claim '{wanted}' is in {' and '.join(str(paper.file) for paper, _ in chosen)}; give --paper"
        )
    hint = did_you_mean(wanted, [claim.id for _, claim in there])
    raise ConfigError(f"no claim '{wanted}'{hint} (see: xaiplug claims)")


def file_of(plugin: Plugin) -> Path | None:
    """The file of a plug-in's claims; None where it ships none."""
    single = Path(plugin.distribution)
    if single.suffix == ".py":
        places = [single.with_suffix(".claims.yaml")]
    else:
        places = [Path(folder) / FILE for folder in folders(plugin.package)]
    return next((place for place in places if place.is_file()), None)


def claims_of(plugin: Plugin, file: Path) -> Paper:
    """A checked `claims.yaml`.

    Raises:
        ConfigError: everything that is wrong with it: unknown keys and words, run files and tests that are not there.
    """
    document = read(file)
    try:
        parsed = ClaimsFile.model_validate(document.data)
    except ValidationError as error:
        raise document.error(found(error, known_keys)) from error
    source = source_of(file)
    if problems := _missing(parsed, source):
        raise document.error(problems)
    return Paper(plugin.name, parsed.paper, file, source, tuple(parsed.claims))


def _missing(parsed: ClaimsFile, source: Path | None) -> list[Problem]:
    """Run files and tests that are named and not there."""
    problems = []
    for place, claim in enumerate(parsed.claims):
        here: tuple[str | int, ...] = ("claims", place)
        if source is None:
            continue
        if claim.run is not None and not (source / claim.run).is_file():
            problems.append(Problem((*here, "run"), f"there is no run file {source / claim.run}"))
        kind = "exact" if claim.statement.exact else "refuted"
        whys = [why_no_test(source, node) for node in claim.statement.tests]
        problems += [Problem((*here, "statement", kind), why) for why in whys if why]
    return problems
