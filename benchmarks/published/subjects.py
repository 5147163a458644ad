"""What is looked at: a published implementation, how it is asked, and what it says of itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

SEED_PARAMETERS = ("random_state", "seed", "generator", "random_seed")


@dataclass(frozen=True)
class Claim:
    """That a property is to be had of an implementation."""

    source: str
    """Who says so: the library's documentation, the method's paper, or how it is computed."""
    within: float = 1e-3
    """Off by this share is rounding, or what a quadrature of the steps that were asked may be off."""
    estimate: bool = False
    """Holds of what is estimated, for ever more draws; being further off is no violation."""


@dataclass(frozen=True)
class Subject:
    """One implementation."""

    name: str
    ask: str
    """An expression of a batch `x` and its targets `y`, in the names of the library's head."""
    completeness: Claim | None = None
    dummy: Claim | None = None
    fill: Mapping[str, str] = field(default_factory=dict)
    """Placeholders of the templates -> what stands there for this one."""
    untold: Mapping[str, str] = field(default_factory=dict)
    """Property -> why it cannot be told."""
    documented: Mapping[str, str] = field(default_factory=dict)
    """Property -> what the documentation says that makes a deviation one of design."""
    templates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Property -> lines that replace those of the library."""
    remark: str = ""
    """What the page says beside how it was asked."""


@dataclass(frozen=True)
class Library:
    """The implementations of one library."""

    name: str
    distributions: tuple[str, ...]
    head: str
    """Lines after `from given import *` that the reproductions stand on."""
    subjects: tuple[Subject, ...]
    templates: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Property -> lines that replace the common ones of `checks`."""
    arguments: str = "x, y"
    remark: str = ""
    """How it was asked, for the page."""
