"""What the schema cannot see: names, parameters, references between sections, needs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Any

from xaiplug.config.fits import PINS, TAKES, Variant, combinations, needs_of
from xaiplug.config.marks import Key
from xaiplug.config.schema import SECTIONS, ComponentEntry, PlainEntry, RunEntry, RunFile
from xaiplug.config.sweep import Swept, count, expand
from xaiplug.errors import ComponentError, Problem, RegistryError, did_you_mean, listing
from xaiplug.kinds import Component, Metric, PairMetric, RetrainMetric
from xaiplug.registry import Registry, registry

LARGEST_SWEEP = 10_000
"""Entries that the sweeps of one file may unroll to, together."""

Variants = Mapping[str, Sequence[Variant]]


def made(file: RunFile, problems: list[Problem]) -> dict[str, list[Variant]]:
    """Every component of the file by section, sweeps unrolled; what cannot be made is a problem."""
    known = registry()
    variants: dict[str, list[Variant]] = {}
    total = 0
    for section, kind in SECTIONS.items():
        entries: dict[str, ComponentEntry] = getattr(file, section)
        variants[section] = []
        for name, entry in entries.items():
            before = len(problems)
            total += (size := count(entry))
            if total > LARGEST_SWEEP:
                told = f"the sweep has {size} entries, {total} with those before; {LARGEST_SWEEP} are made, so make "
                problems.append(Problem((section, name), f"{told}several run files of it"))
                continue
            for swept in expand(name, entry):
                component = _create(known, kind, entry, swept, (section, name), problems)
                if component is not None:
                    variants[section].append(Variant(section, name, swept.label, component, entry))
            labels = [variant.label for variant in variants[section] if variant.name == name]
            if len(problems) == before and len(set(labels)) < len(labels):
                twice = next(label for label in labels if labels.count(label) > 1)
                problems.append(Problem((section, name), f"the sweep has '{twice}' twice; remove one"))
    return variants


def one(kind: str, entry: PlainEntry, path: Key, problems: list[Problem]) -> Component | None:
    """The component of an entry that a run has one of: its engine, or one of its views."""
    swept = Swept(entry.use, entry.params, {name: ("params", name) for name in entry.params})
    return _create(registry(), kind, entry, swept, path, problems)


def _create(
    known: Registry, kind: str, entry: ComponentEntry | PlainEntry, swept: Swept, path: Key, problems: list[Problem]
) -> Component | None:
    try:
        cls = known.find(kind, entry.use).load()
    except RegistryError as error:
        problems.append(Problem((*path, "use"), str(error)))
        return None
    try:
        return known.create(kind, entry.use, swept.params)
    except ComponentError as error:
        own = {field.name for field in fields(cls)}  # type: ignore[arg-type]
        for problem in error.problems or (Problem((), str(error)),):
            place = swept.place(problem.path)
            place = place[:2] if problem.path and problem.path[0] not in own else place
            problems.append(Problem((*path, *place), problem.message))
    except Exception as error:  # a component's own checks
        problems.append(Problem((*path, "params"), f"{type(error).__name__}: {error}"))
    return None


def offered(
    variants: Variants, defaults: Mapping[str, Variant | None], entry: ComponentEntry, run: RunEntry
) -> dict[str, list[Variant]]:
    """What an entry may be combined with in one of the `runs`: what it names, else the run's, else the default."""
    offer: dict[str, list[Variant]] = {}
    for pin, section in PINS.items():
        pinned: Sequence[str] | None = getattr(entry, pin, None)
        chosen = chosen_of(variants[section], pinned if pinned is not None else getattr(run, section))
        default = defaults.get(pin)
        offer[pin] = chosen or ([default] if default is not None and pinned is None else [])
    return offer


def chosen_of(variants: Sequence[Variant], names: Sequence[str]) -> list[Variant]:
    """The variants that `names` mean: `*`, an entry with all of its sweep, or one label."""
    return [v for v in variants if {"*", v.name, v.label} & set(names)]


def references(
    file: RunFile, defined: Mapping[str, Sequence[str]], variants: Variants, problems: list[Problem]
) -> None:
    """Names of one section in another: pins and `runs`."""

    def check(names: Sequence[str], section: str, path: Key) -> None:
        known = [*defined[section], *(v.label for v in variants.get(section, ()))]
        for name in names:
            if name == "*" or name in known:
                continue
            hint = did_you_mean(name, known) or f"; write it under '{section}:'"
            problems.append(Problem(path, f"no '{name}' in {section}{hint} (there: {listing(defined[section])})"))

    pinning: dict[str, Mapping[str, ComponentEntry]] = {"explainers": file.explainers, "metrics": file.metrics}
    for section, entries in pinning.items():
        for name, entry in entries.items():
            for pin, into in PINS.items():
                if (names := getattr(entry, pin, None)) is not None:
                    check(names, into, (section, name, pin))
    for i, run in enumerate(file.runs or []):
        for section in RunEntry.model_fields.keys() - {"seeds"}:
            check(getattr(run, section), section, ("runs", i, section))
        for seed in set(run.seeds or []) - set(file.seeds):
            problems.append(
                Problem(("runs", i, "seeds"), f"no seed {seed} in seeds (there: {listing(map(str, file.seeds))})")
            )


def needs(file: RunFile, variants: Variants, defaults: Mapping[str, Variant | None], problems: list[Problem]) -> None:
    """Pins that nothing uses, and needs that nothing serves."""
    for variant in [*variants["explainers"], *variants["metrics"]]:
        component = variant.component
        if component is None or isinstance(component, PairMetric | RetrainMetric):
            continue
        path: Key = (variant.section, variant.name)
        offer = offered(variants, defaults, variant.entry, RunEntry())
        if any(getattr(variant.entry, pin, None) and not offer[pin] for pin in PINS):
            continue  # a name that leads nowhere, or to an entry with a problem of its own
        ways = [needs_of(component, given) for given in combinations(component, offer)]
        problems.extend(_unserved(file, component, path, offer, ways))
        for pin, need in TAKES.items():
            if getattr(variant.entry, pin, None) is not None and ways and not any(need in way for way in ways):
                used = [name for name, wanted in TAKES.items() if any(wanted in way for way in ways)]
                problems.append(
                    Problem((*path, pin), f"{variant.entry.use} uses no {pin} (it uses: {listing(used)}); leave it out")
                )


def _unserved(
    file: RunFile, component: Component, path: Key, offer: Mapping[str, Sequence[Variant]], ways: Sequence[set[str]]
) -> list[Problem]:
    own = set(component.needs)
    if isinstance(component, Metric) and "references" in own:
        return [Problem(path, "a metric that needs references cannot be run from a run file")]
    if not ways:
        for pin, need in TAKES.items():
            if need in own and not offer[pin]:
                return [Problem(path, f"needs {_article(pin)}; write one under '{PINS[pin]}:'")]
        return [Problem(path, "needs a baseline for its imputer; write one under 'baselines:'")]
    if file.pool is None and all("pool" in way for way in ways):
        return [Problem(path, "draws from further samples; say which under 'pool:'")]
    return []


def _article(pin: str) -> str:
    return {"references": "references", "imputer": "an imputer"}.get(pin, f"a {pin}")


def plain_entries(data: Any) -> dict[str, list[str]]:
    """The names in each section as written, sound or not: a reference to a broken entry is no second problem."""
    sections = ("models", "data", *SECTIONS)
    written = {section: data.get(section) for section in sections}
    return {
        section: [str(n) for n in entries] if isinstance(entries, dict) else [] for section, entries in written.items()
    }
