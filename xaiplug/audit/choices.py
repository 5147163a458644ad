"""The choices that an audit makes, and the run file that has them all.

Every choice is the whole study with a few entries replaced; entries that are alike are written once. So an audit is an
ordinary run: its cells are kept, shared between choices, and computed by whatever engine the study names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from xaiplug.audit.changes import Change, Entry, Seeded, varied, ways_of
from xaiplug.config import Config, Variant
from xaiplug.config.check import chosen_of
from xaiplug.config.fits import PINS, TAKES
from xaiplug.config.schema import RunEntry
from xaiplug.config.sweep import expand
from xaiplug.kinds import Component
from xaiplug.registry import registry

CONTROLS = {"network": "a network with new weights", "class": "another class", "sample": "another sample"}
"""What the counterpart of an explainer is of, in words."""

BLIND = ("random", "counterpart")
"""Explainers that look at nothing, or at something else."""


@dataclass(frozen=True)
class Choice:
    """One way to do the study.

    Attributes:
        levels: factor -> level, of what differs from the study as run.
        control: what the counterpart of each explainer is of (`CONTROLS`); "" where the explainers are themselves.
        explainers, metrics: label in the study -> label in the audit's run file.
        seeds: that it is done with.
    """

    explainers: Mapping[str, str]
    metrics: Mapping[str, str]
    seeds: Sequence[int]
    levels: Mapping[str, str] = field(default_factory=dict)
    control: str = ""

    @property
    def name(self) -> str:
        """`metrics' baseline=blur`."""
        if self.control:
            return f"maps of {CONTROLS[self.control]}"
        return ", ".join(f"{factor}={level}" for factor, level in self.levels.items()) or "as run"


def choices_of(config: Config, found: Sequence[Change]) -> tuple[list[Choice], dict[str, Any]]:
    """All choices, the study as run first, and the run file that asks for them, as plain data.

    After it come the first level of every factor, the controls, the other levels, and then choices that differ in two
    or three factors at once, drawn by a fixed seed: as many as there are levels.
    """
    file = _File(config)
    first = len({change.factor for change in found})
    file.add()
    for change in found[:first]:
        file.add(change)
    for what in CONTROLS:
        file.add_control(what)
    for change in found[first:]:
        file.add(change)
    for several in _together(found, len(found)):
        file.add(*several)
    return file.choices, file.plain()


def _together(found: Sequence[Change], number: int) -> Iterable[tuple[Change, ...]]:
    """Changes of two or three factors at once, each set once."""
    rng, names = np.random.default_rng(0), list(dict.fromkeys(change.factor for change in found))
    largest = min(3, len(names))
    drawn: dict[str, tuple[Change, ...]] = {}
    for _ in range(4 * number if largest > 1 else 0):
        factors = rng.choice(len(names), size=int(rng.integers(2, largest + 1)), replace=False)
        levels = [[change for change in found if change.factor == names[factor]] for factor in sorted(factors)]
        several = tuple(one[int(rng.integers(len(one)))] for one in levels)
        drawn[str([(change.factor, change.level) for change in several])] = several
        if len(drawn) == number:
            break
    return drawn.values()


class _File:
    """A run file that grows with every choice."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self.choices: list[Choice] = []
        self.data = config.file.model_dump(mode="json", exclude_none=True)
        folder = config.file.outputs.dir or f"runs/{config.file.name}"
        self.data |= {"name": f"{config.file.name}-audit", "outputs": {"dir": f"{folder}-audit"}, "runs": []}
        self.own = {section: list(self.data.get(section, {})) for section in PINS.values()}
        self.variants = {section: varied(config, section) for section in ("explainers", "metrics")}
        self.data["metrics"] = {
            name: entry
            for name, entry in self.data["metrics"].items()
            if any(variant.name == name for variant in self.variants["metrics"])
        }
        self.names: dict[tuple[str, str], str] = {}

    def plain(self) -> dict[str, Any]:
        """The run file."""
        return self.data

    def add(self, *changes: Change) -> None:
        """A choice; nothing where the changes concern nothing, or only what is there already."""
        for change in changes:
            for section, entries in change.sections().items():
                self.data.setdefault(section, {}).update(entries)
        explainers, metrics = (
            {one.label: self._entry(section, one, changes) for one in self.variants[section]}
            for section in ("explainers", "metrics")
        )
        other = [change.seed for change in changes if isinstance(change, Seeded)]
        levels = {change.factor: change.level for change in changes}
        choice = Choice(explainers, metrics, other or self.config.file.seeds, levels)
        if any(_alike(choice, other) for other in self.choices):
            return
        self.choices.append(choice)
        self._ask(choice)

    def add_control(self, what: str) -> None:
        """The study with every explainer replaced by its counterpart."""
        if what == "sample" and "pool" not in self.data:
            if len(self.data["data"]) > 1:
                return
            self.data["pool"] = next(iter(self.data["data"].values()))
        seeing = [one for one in self.variants["explainers"] if one.entry.use.split("/")[-1] not in BLIND]
        explainers = {
            one.label: self._named("explainers", self._pinned(one, _counterpart(one, what)), one, [what])
            for one in seeing
        }
        metrics = {one.label: one.label for one in self.variants["metrics"]}
        choice = Choice(explainers, metrics, self.config.file.seeds, control=what)
        if explainers:
            self.choices.append(choice)
            self._ask(choice)

    def _entry(self, section: str, variant: Variant, changes: Sequence[Change]) -> str:
        """The label of what stands for a variant."""
        entry = plain = _plain(variant)
        levels = []
        for change in changes:
            made = change.made(variant, entry)
            if made is not None:
                entry = made
                levels.append(change.level)
        return self._named(section, self._pinned(variant, entry), variant, levels) if entry != plain else variant.label

    def _pinned(self, variant: Variant, entry: Entry) -> Entry:
        """An entry that names what the study gives its variant, since the audit's run file offers more.

        What is of no use to it any more, as a baseline under an imputer that takes none, is left out.
        """
        assert variant.component is not None
        given = ways_of(self.config, variant)
        for pin in PINS:
            chosen = {one.label: one for way in given if (one := getattr(way, pin)) is not None}
            if pin not in entry and chosen and not (pin == "segmenter" and any(one.default for one in chosen.values())):
                entry = entry | {pin: list(chosen)}
                missing = {one.label: {"use": one.entry.use} for one in chosen.values() if one.default}
                self.data.setdefault(PINS[pin], {}).update(missing)
        needs = set(variant.component.needs)
        for label in entry.get("imputer", []):
            needs |= {"groups", *self._imputer(label).needs}
        return {key: value for key, value in entry.items() if key not in TAKES or TAKES[key] in needs}

    def _imputer(self, label: str) -> Component:
        own = next((one.component for one in self.config.variants["imputers"] if one.label == label), None)
        if own is not None:
            return own
        entry = self.data["imputers"][label]
        return registry().create("imputer", entry["use"], entry.get("params", {}))

    def _named(self, section: str, entry: Entry, variant: Variant, levels: Sequence[str]) -> str:
        """Write an entry, unless one like it is there; its name."""
        key = section, json.dumps(entry, sort_keys=True, default=str)
        if key not in self.names:
            stem = re.sub(r"[^A-Za-z0-9_+-]+", "-", "-".join([variant.label, *levels])).strip("-") or "entry"
            taken = self.data[section]
            self.names[key] = next(name for name in _numbered(f"audit-{stem}") if name not in taken)
            self.data[section][self.names[key]] = entry
        return self.names[key]

    def _ask(self, choice: Choice) -> None:
        """The `runs:` of a choice, beside those that are there already."""
        for run in self.config.file.runs or [RunEntry()]:
            explainers = [v.label for v in chosen_of(self.variants["explainers"], run.explainers)]
            metrics = [v.label for v in chosen_of(self.variants["metrics"], run.metrics)]
            explainers = [label for label in explainers if label in choice.explainers]
            kept = {section: _own(getattr(run, section), names) for section, names in self.own.items()}
            both = {"models": run.models, "data": run.data, **kept, "seeds": list(choice.seeds)}
            new = [label for label in explainers if choice.explainers[label] != label]
            same = [label for label in explainers if label not in new]
            everything = not choice.levels or choice.seeds != self.config.file.seeds
            asked = [(new, metrics), (same, metrics if everything else [m for m in metrics if choice.metrics[m] != m])]
            for wanted, measured in asked:
                if wanted and measured:
                    named = {
                        "explainers": [choice.explainers[label] for label in wanted],
                        "metrics": [choice.metrics[label] for label in measured],
                    }
                    self.data["runs"].append(both | named)
            self.data["seeds"] = list(dict.fromkeys([*self.data["seeds"], *choice.seeds]))


def _alike(one: Choice, other: Choice) -> bool:
    return (one.explainers, one.metrics, one.seeds) == (other.explainers, other.metrics, other.seeds)


def _own(names: Sequence[str], own: Sequence[str]) -> list[str]:
    """What a `runs:` entry takes of a section, without what the audit adds to it."""
    return list(own) if "*" in names else list(names)


def _plain(variant: Variant) -> Entry:
    """The entry of one variant alone, its sweep filled in."""
    entry = variant.entry.model_dump(mode="json", exclude_none=True, exclude={"grid", "zip"})
    return entry | {"params": _params(variant)}


def _params(variant: Variant) -> dict[str, Any]:
    swept = next(one for one in expand(variant.name, variant.entry) if one.label == variant.label)
    return swept.params


def _counterpart(variant: Variant, what: str) -> Entry:
    entry = _plain(variant)
    of = {"use": entry["use"], "params": entry["params"]}
    return entry | {"use": "counterpart", "params": {"of": of, "what": what}}


def _numbered(stem: str) -> Iterable[str]:
    yield stem
    yield from (f"{stem}-{number}" for number in count(2))
