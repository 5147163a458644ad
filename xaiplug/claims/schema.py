"""`claims.yaml`, key by key."""

from __future__ import annotations

import math
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StringConstraints, model_validator

from xaiplug.config.marks import Key
from xaiplug.config.schema import Names, Strict

Id = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")]
Words = Annotated[str, StringConstraints(min_length=1, pattern=r"^[^\n]+$")]
"""One line of text."""

Several = Annotated[Names, Field(min_length=1)]


def _finite(value: float | None) -> float | None:
    if value is not None and not math.isfinite(value):
        raise ValueError("expected a finite number")
    return value


Number = Annotated[float, AfterValidator(_finite)]


class Measured(Strict):
    """What is looked at in the results of the run file.

    Attributes:
        metric: entries of the run file, or their labels (`kept[at=0.04]`); several are choices.
        models: those that count, as choices; None: all of them.
        data: the data set; needed where the run file has several.
    """

    metric: Several
    models: Names | None = None
    data: str | None = None


class Better(Measured):
    """Each `a` is better than its `b`, in the metric's own direction.

    A method is an explainer of the run file, alone or with what it goes with, as the leaderboard names it:
    `moxi`, `moxi (segmenter patches, imputer tokens)`; `moxi @ ten` is that of the model `ten`. Two lists of one
    length go in pairs; one name against several is against each.
    """

    a: Several
    b: Several

    @model_validator(mode="after")
    def _paired(self) -> Better:
        if len(self.a) != len(self.b) and 1 not in (len(self.a), len(self.b)):
            raise ValueError(f"a and b must have one length, or one of them one name, got {len(self.a)}, {len(self.b)}")
        return self

    @property
    def pairs(self) -> list[tuple[str, str]]:
        count = max(len(self.a), len(self.b))
        one, two = (names * count if len(names) == 1 else names for names in (self.a, self.b))
        return list(zip(one, two, strict=True))


class Larger(Better):
    """Each `a` has larger values than its `b`, whether or not that is better."""


class Equal(Better):
    """Each `a` differs from its `b` by less than `within`, on average."""

    within: Annotated[Number, Field(gt=0)]


class Value(Measured):
    """The mean of a method's values: `printed`, up to `tolerance`; or `above`, or `below`."""

    method: Several
    printed: Number | None = None
    tolerance: Annotated[Number, Field(gt=0)] | None = None
    above: Number | None = None
    below: Number | None = None

    @model_validator(mode="after")
    def _bounded(self) -> Value:
        if (self.printed is None) != (self.tolerance is None):
            raise ValueError("printed and tolerance go together")
        if sum(bound is not None for bound in (self.printed, self.above, self.below)) != 1:
            raise ValueError("give one of printed (with tolerance), above, below")
        return self


class Statement(Strict):
    """What is claimed: exactly one of these.

    Attributes:
        exact: tests (`tests/test_x.py::test_name`) that hold the claim exactly.
        refuted: tests that show a counter-example.
        unavailable: why the claim cannot be judged anywhere here.
    """

    better: Better | None = None
    larger: Larger | None = None
    equal: Equal | None = None
    value: Value | None = None
    exact: Several | None = None
    refuted: Several | None = None
    unavailable: Words | None = Field(default=None, alias="not-to-be-had")

    @model_validator(mode="after")
    def _one(self) -> Statement:
        if len(self.model_fields_set) != 1:
            raise ValueError(f"give exactly one of {', '.join(VOCABULARY)}")
        return self

    @property
    def measured(self) -> Better | Value | None:
        """What a run file decides; None where a test does, or nothing can."""
        return self.better or self.larger or self.equal or self.value

    @property
    def tests(self) -> list[str]:
        return [*(self.exact or ()), *(self.refuted or ())]


VOCABULARY = [field.alias or name for name, field in Statement.model_fields.items()]


class Claim(Strict):
    """One claim of a paper.

    Attributes:
        where: in the paper: `Table 1`, `Fig. 3(a)`, `Sec. 3.3`.
        claim: in words.
        printed: the values in print, as a reader would want them; nothing is computed from them.
        run: the run file that decides it, from the folder of the plug-in's `pyproject.toml`; `settings` are its
            `--set` lines, in which `$XAIPLUG_DATA` is that folder.
        note: what a reader of the verdict must know: another network, fewer images.
    """

    id: Id
    where: Words
    claim: Words
    statement: Statement
    printed: Any = None
    run: Words | None = None
    settings: Names = Field(default=[], alias="set")
    note: Words | None = None

    @model_validator(mode="after")
    def _decided(self) -> Claim:
        if self.statement.measured and self.run is None:
            raise ValueError("needs a run file: run: experiments/NAME.yaml")
        if self.run is not None and not self.statement.measured:
            raise ValueError("has a run file, which only better, larger, equal and value are decided by")
        return self


class ClaimsFile(Strict):
    """The claims of one paper; `paper` is a key of a `papers.bib`."""

    version: Literal[1]
    paper: Words
    claims: Annotated[list[Claim], Field(min_length=1)]

    @model_validator(mode="after")
    def _distinct(self) -> ClaimsFile:
        seen: set[str] = set()
        for claim in self.claims:
            if claim.id in seen:
                raise ValueError(f"the id '{claim.id}' is given twice")
            seen.add(claim.id)
        return self


_KEYS: dict[str, type[Strict]] = {"better": Better, "larger": Larger, "equal": Equal, "value": Value}


def known_keys(path: Key) -> list[str] | None:
    """The keys allowed in the mapping at `path`; None where any is."""
    match path:
        case ():
            return list(ClaimsFile.model_fields)
        case ("claims", int()):
            return [field.alias or name for name, field in Claim.model_fields.items()]
        case ("claims", int(), "statement"):
            return VOCABULARY
        case ("claims", int(), "statement", str() as kind) if kind in _KEYS:
            return list(_KEYS[kind].model_fields)
    return None
