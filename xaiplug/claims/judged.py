"""What came of a claim, and the file that keeps it: `verdicts.json` beside `claims.yaml`."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Literal

from pydantic import TypeAdapter

from xaiplug.claims.gather import Paper
from xaiplug.claims.schema import Claim
from xaiplug.data.storage import write_atomically
from xaiplug.errors import ConfigError

Word = Literal["held", "did-not-hold", "depends", "undecided", "not-to-be-had"]

WORDS: tuple[Word, ...] = ("held", "did-not-hold", "depends", "undecided", "not-to-be-had")

FILE = "verdicts.json"


@dataclass(frozen=True)
class Judged:
    """A verdict.

    Attributes:
        why: a sentence, with the numbers.
        difference: the mean over samples and choices, higher is better for the claim; `interval` is its 95 % one.
        samples: the fewest that any choice has.
        choices: how many were looked at.
        holds, flips, open: the choices that certainly say so, certainly say the opposite, say nothing for certain.
        needed: samples that would settle what is open, as far as can be told.
        versions: of the wheels that computed it; `date` is when.
    """

    verdict: Word
    why: str
    difference: float | None = None
    interval: tuple[float | None, float | None] = (None, None)
    samples: int = 0
    choices: int = 0
    holds: tuple[str, ...] = ()
    flips: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    needed: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    date: str = ""


def digest(claim: Claim, source: Path | None) -> str | None:
    """12 hex digits of what a verdict depends on: the statement, the run file, its settings; None without a source."""
    if source is None or claim.run is None:
        return None
    told = json.dumps([claim.statement.model_dump(exclude_unset=True), claim.settings], sort_keys=True)
    return hashlib.sha256(told.encode() + (source / claim.run).read_bytes()).hexdigest()[:12]


def stored(paper: Paper) -> dict[str, Judged]:
    """The verdicts kept beside the claims, by id; those of a claim or run file that changed since say so.

    Raises:
        ConfigError: the file is not what `keep` wrote.
    """
    file = paper.file.with_name(FILE)
    if not file.is_file():
        return {}
    try:
        kept = json.loads(file.read_text("utf-8"))
        found = {name: (_READ.validate_python(plain), plain["of"]) for name, plain in kept.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise ConfigError(f"{file}: no verdicts: {error}; remove it, or run: xaiplug claims --run --write") from error
    claims = {claim.id: claim for claim in paper.claims}
    return {
        name: judged if digest(claims[name], paper.source) in (None, of) else STALE
        for name, (judged, of) in found.items()
        if name in claims
    }


def keep(paper: Paper, verdicts: Mapping[str, Judged]) -> Path:
    """Write verdicts beside the claims, and keep those of other claims that are there; the path.

    Raises:
        ConfigError: only the wheel of the plug-in is there.
    """
    if paper.source is None:
        raise ConfigError(f"{paper.file}: is an installed wheel's; verdicts are kept in the source of the plug-in")
    file = paper.file.with_name(FILE)
    kept = json.loads(file.read_text("utf-8")) if file.is_file() else {}
    for claim in paper.claims:
        if claim.id in verdicts:
            kept[claim.id] = asdict(verdicts[claim.id]) | {"of": digest(claim, paper.source)}
    order = [claim.id for claim in paper.claims]
    text = json.dumps({name: kept[name] for name in order if name in kept}, indent=1, allow_nan=False) + "\n"
    write_atomically(file, lambda temporary: temporary.write_text(text, "utf-8"))
    return file


_READ = TypeAdapter(Judged)
STALE = Judged("undecided", "the claim or its run file changed since it was run; run it again")
NOT_RUN = Judged("undecided", "not run here")
