"""The claims and what held: as JSON, as Markdown, and in the pages that have a block for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xaiplug.claims.gather import Paper
from xaiplug.claims.judged import NOT_RUN, WORDS, Judged, stored
from xaiplug.claims.run import by_tests
from xaiplug.claims.schema import Claim
from xaiplug.view.tabular import markdown_table

PAGES = ("README.md", "docs/results/*.md")
"""Where blocks are looked for, in the working directory and in each plug-in's source."""
BLOCK = re.compile(r"(<!-- claims(?P<of>[ \w-]*) -->\n).*?(<!-- /claims -->)", re.DOTALL)
"""`<!-- claims superpixel -->` holds the table of that plug-in, `<!-- claims -->` the summary of all."""


@dataclass(frozen=True)
class Told:
    """A claim with its verdict."""

    paper: Paper
    claim: Claim
    judged: Judged

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        found = self.judged
        return {
            "id": self.claim.id,
            "paper": self.paper.key,
            "plugin": self.paper.plugin,
            "where": self.claim.where,
            "claim": self.claim.claim,
            "statement": self.claim.statement.model_dump(by_alias=True, exclude_unset=True),
            "printed": self.claim.printed,
            "verdict": found.verdict,
            "why": self.why,
            "command": self.command,
            "difference": found.difference,
            "interval": list(found.interval),
            "n": found.samples,
            "choices": {"holds": list(found.holds), "opposite": list(found.flips), "open": list(found.open)},
            "needed": found.needed,
            "date": found.date,
            "versions": dict(found.versions),
        }

    @property
    def why(self) -> str:
        """The numbers, and what a reader must know of them."""
        return f"{self.judged.why}. {self.claim.note}" if self.claim.note else self.judged.why

    @property
    def command(self) -> str:
        """What decides it; "" where nothing can."""
        return "" if self.claim.statement.unavailable is not None else f"xaiplug claims {self.claim.id} --run"


def told(chosen: Iterable[tuple[Paper, Claim]], fresh: Mapping[str, Judged]) -> list[Told]:
    """Claims with their verdicts: those just found, else those that are kept, else what needs no run.

    Raises:
        ConfigError: a file of verdicts that is none.
    """
    kept: dict[Path, dict[str, Judged]] = {}
    found = []
    for paper, claim in chosen:
        if paper.file not in kept:
            kept[paper.file] = stored(paper)
        found.append(
            Told(paper, claim, fresh.get(claim.id) or _settled(claim) or kept[paper.file].get(claim.id, NOT_RUN))
        )
    return found


def _settled(claim: Claim) -> Judged | None:
    """The verdict that no run changes."""
    if claim.statement.unavailable is not None:
        return Judged("not-to-be-had", claim.statement.unavailable)
    return by_tests(claim) if claim.statement.tests else None


def paper_table(found: Sequence[Told]) -> str:
    """One paper's claims as a Markdown table."""
    heads = ["claim", "where", "in words", "printed", "verdict", "found"]
    rows = [
        [one.claim.id, one.claim.where, one.claim.claim, _printed(one.claim.printed), _word(one), one.why]
        for one in found
    ]
    return markdown_table(heads, rows)


def summary(found: Sequence[Told]) -> str:
    """A row a paper: where it says what held, and so on."""
    papers = {one.paper.plugin: one.paper for one in found}
    rows = [
        [
            name,
            *(
                _places([one for one in found if one.paper.plugin == name and one.judged.verdict == word])
                for word in WORDS
            ),
        ]
        for name in papers
    ]
    return markdown_table(["paper", *(word.replace("-", " ") for word in WORDS)], rows)


def filled(text: str, found: Sequence[Told]) -> str:
    """A page with its blocks of claims brought up to date; the rest as it is."""

    def block(match: re.Match[str]) -> str:
        name = match["of"].strip()
        table = paper_table([one for one in found if one.paper.plugin == name]) if name else summary(found)
        return f"{match[1]}{table}\n{match[3]}"

    return BLOCK.sub(block, text)


def pages(papers: Iterable[Paper], root: Path) -> list[Path]:
    """The pages that may have blocks."""
    places = dict.fromkeys([root, *(paper.source for paper in papers if paper.source)])
    return [path for place in places for pattern in PAGES for path in sorted(place.glob(pattern))]


def _printed(value: Any) -> str:
    """Printed values on one line: `a: 1, b: 2`."""
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_printed(part)}" for key, part in value.items())
    if isinstance(value, list):
        return " / ".join(map(_printed, value))
    return "" if value is None else str(value)


def _word(one: Told) -> str:
    return one.judged.verdict.replace("-", " ")


def _places(found: Sequence[Told]) -> str:
    places = dict.fromkeys(one.claim.where for one in found)
    return f"{len(found)}: {'; '.join(places)}" if found else ""
