"""What goes with what: the segmenters, baselines, references and imputers that a component is combined with."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from xaiplug.config.schema import ComponentEntry
from xaiplug.kinds import Component

PINS = {"segmenter": "segmenters", "baseline": "baselines", "references": "references", "imputer": "imputers"}
"""What an entry may name, and the section where the name is looked up."""

TAKES = {"segmenter": "groups", "baseline": "baseline", "references": "references", "imputer": "imputer"}
"""The same, and the need that it serves."""


@dataclass(frozen=True, eq=False)
class Variant:
    """One component of a run: an entry of a section, or one of its sweep.

    `default` means that the run file has no such section (feature groups are then left to the model, see `asking`);
    `component` is None for a default that is not installed.
    """

    section: str
    name: str
    label: str
    component: Component | None
    entry: ComponentEntry
    default: bool = False

    @property
    def needs(self) -> set[str]:
        return set(self.component.needs) if self.component is not None else set()


@dataclass(frozen=True, eq=False)
class With:
    """What one combination gives a component; None where it needs none."""

    segmenter: Variant | None = None
    baseline: Variant | None = None
    references: Variant | None = None
    imputer: Variant | None = None

    def labels(self) -> dict[str, str]:
        """Names for the result table; empty where there is none."""
        return {pin: chosen.label if (chosen := getattr(self, pin)) else "" for pin in PINS}


def needs_of(component: Component, given: With) -> set[str]:
    """Everything needed in one combination: the component's own needs, its imputer's, and its policies'."""
    needs = set(component.needs)
    if given.imputer is not None:
        needs |= {"groups"} | given.imputer.needs
    for policy in (given.baseline, given.references):
        needs |= policy.needs if policy is not None else set()
    return needs


def combinations(component: Component, offered: Mapping[str, Sequence[Variant]]) -> Iterator[With]:
    """Every way to give `component` what it needs from what is `offered` (pin -> variants), and nothing else.

    Nothing comes out where something needed has no offer.
    """

    def choose(given: With, need: str, pin: str) -> Iterator[With]:
        if need not in needs_of(component, given):
            yield given
            return
        for variant in offered.get(pin, ()):
            chosen = {name: getattr(given, name) for name in PINS} | {pin: variant}
            yield With(**chosen)

    for one in choose(With(), "imputer", "imputer"):
        for two in choose(one, "baseline", "baseline"):
            for three in choose(two, "references", "references"):
                yield from choose(three, "groups", "segmenter")
