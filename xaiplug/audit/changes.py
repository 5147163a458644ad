"""What a study left fixed, and what else could have been chosen: one change at a time."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, get_args, get_origin, get_type_hints

from xaiplug.config import Config
from xaiplug.config.check import offered
from xaiplug.config.fits import PINS, Variant, With, combinations
from xaiplug.config.schema import RunEntry
from xaiplug.data.target import Scale
from xaiplug.errors import XaiplugError
from xaiplug.kinds import RetrainMetric
from xaiplug.registry import registry

Entry = dict[str, Any]

ALTERNATIVES: Mapping[str, tuple[tuple[str, Entry], ...]] = {
    "baseline": (
        ("black", {"use": "black"}),
        ("mean", {"use": "mean", "params": {"of": "image"}}),
        ("blur", {"use": "blur"}),
        ("white", {"use": "white"}),
        ("noise", {"use": "uniform-noise"}),
    ),
    "imputer": (("baseline", {"use": "baseline"}), ("neighbours", {"use": "noisy-linear"})),
    "segmenter": (
        ("squares", {"use": "grid"}),
        ("slic", {"use": "slic"}),
        ("felzenszwalb", {"use": "felzenszwalb"}),
    ),
}
"""Pin -> what images could have been given, those that most papers take first."""

READINGS = ("ties", "sign", "channels", "normalize", "reduce")
"""Fields of a metric that say how it reads a map; every other value that they take is a choice."""

STEPS = ("steps", "samples", "orders", "subsets")
"""Fields that cost more for a finer answer: half and twice of them are choices."""

SCALES: tuple[Scale, ...] = ("logit", "probability")


@dataclass(frozen=True)
class Change(ABC):
    """One other choice: `level` of `factor`."""

    factor: str
    level: str

    @abstractmethod
    def made(self, variant: Variant, entry: Entry) -> Entry | None:
        """The entry of a variant under this choice; None where the choice does not concern it."""

    def sections(self) -> dict[str, dict[str, Entry]]:
        """What a run file must also have: section -> name -> entry."""
        return {}


@dataclass(frozen=True)
class Pinned(Change):
    """Another baseline, imputer or segmenter; for variants that have exactly one."""

    pin: str
    section: str
    other: Entry
    single: Mapping[str, Any]
    """Label of each variant that has one -> that one, as its component describes itself."""

    @property
    def name(self) -> str:
        """In the run file."""
        return f"audit-{self.level}"

    def made(self, variant: Variant, entry: Entry) -> Entry | None:
        concerned = variant.section == self.section and variant.label in self.single
        if not concerned or self.single[variant.label] == _described(self.pin, self.other):
            return None
        return entry | {self.pin: [self.name]}

    def sections(self) -> dict[str, dict[str, Entry]]:
        return {PINS[self.pin]: {self.name: self.other}}


@dataclass(frozen=True)
class Changed(Change):
    """Other parameters: entry label -> parameters."""

    section: str
    values: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    def made(self, variant: Variant, entry: Entry) -> Entry | None:
        if variant.section != self.section or variant.label not in self.values:
            return None
        return entry | {"params": entry.get("params", {}) | dict(self.values[variant.label])}


@dataclass(frozen=True)
class Scaled(Change):
    """Another scale of what is explained and measured, for what has none of its own in the run file."""

    def made(self, variant: Variant, entry: Entry) -> Entry | None:
        default = getattr(variant.component, "default_scale", None)
        if default in (None, self.level) or "scale" in entry:
            return None
        return entry | {"scale": self.level}


@dataclass(frozen=True)
class Seeded(Change):
    """Another seed of everything."""

    @property
    def seed(self) -> int:
        return int(self.level)

    def made(self, variant: Variant, entry: Entry) -> Entry | None:
        return None


def changes(config: Config, *, images: bool) -> list[Change]:
    """Every single change of what a study left fixed, the factors in turn, so that a short budget sees most of them.

    What the study itself varies (several baselines, a swept parameter, several seeds) is left to it.

    Args:
        images: whether all of its data are images; other data have no alternatives to baseline, imputer and segmenter.
    """
    factors: list[list[Change]] = [
        *([list(_pins(config, pin, section)) for pin, section in _PINNED] if images else []),
        *(_readings(config, name) for name in READINGS),
        *([list(_steps(config, section)) for section in ("metrics", "explainers")]),
        [] if config.file.target.scale else [Scaled("scale", scale) for scale in SCALES],
        _seeds(config),
    ]
    longest = max(map(len, factors))
    return [levels[turn] for turn in range(longest) for levels in factors if turn < len(levels)]


_PINNED = (
    ("baseline", "metrics"),
    ("baseline", "explainers"),
    ("segmenter", "explainers"),
    ("imputer", "metrics"),
    ("imputer", "explainers"),
)


def _pins(config: Config, pin: str, section: str) -> Iterator[Change]:
    single: dict[str, Any] = {}
    for variant in varied(config, section):
        given = {chosen.label: chosen for way in ways_of(config, variant) if (chosen := getattr(way, pin))}
        if len(given) == 1:
            single[variant.label] = next((one.component.describe() for one in given.values() if one.component), None)
    for level, other in ALTERNATIVES[pin] if single else ():
        described = _described(pin, other)
        if described is not None and any(one != described for one in single.values()):
            yield Pinned(f"{section}' {pin}", level, pin, section, other, single)


def _described(pin: str, entry: Entry) -> Any:
    """As the component describes itself; None where no plug-in offers it."""
    try:
        return registry().create(pin, entry["use"], entry.get("params", {})).describe()
    except XaiplugError:
        return None


def _readings(config: Config, name: str) -> list[Change]:
    levels: dict[str, dict[str, dict[str, Any]]] = {}
    for variant in varied(config, "metrics"):
        for other in _others(variant, name):
            levels.setdefault(str(other), {})[variant.label] = {name: other}
    return [Changed(f"metrics' {name}", level, "metrics", values) for level, values in levels.items()]


def _others(variant: Variant, name: str) -> list[Any]:
    """The other values of a field that takes one of several."""
    hint = get_type_hints(type(variant.component)).get(name)
    if get_origin(hint) is not Literal or name in variant.entry.grid or name in variant.entry.zip:
        return []
    return [value for value in get_args(hint) if value != getattr(variant.component, name)]


def _steps(config: Config, section: str) -> Iterator[Change]:
    for level, factor in (("half", 0.5), ("twice", 2.0)):
        values: dict[str, dict[str, Any]] = {}
        for variant in varied(config, section):
            swept = {*variant.entry.grid, *variant.entry.zip}
            own = {name: getattr(variant.component, name, None) for name in STEPS if name not in swept}
            new = {name: round(value * factor) for name, value in own.items() if isinstance(value, int) and value > 3}
            if new:
                values[variant.label] = new
        if values:
            yield Changed(f"{section}' steps", level, section, values)


def _seeds(config: Config) -> list[Change]:
    seeds = config.file.seeds
    return [Seeded("seed", str(max(seeds) + more)) for more in (1, 2)] if len(seeds) == 1 else []


def ways_of(config: Config, variant: Variant) -> list[With]:
    """Every way in which a study gives a component what it needs."""
    assert variant.component is not None
    offer = offered(config.variants, config.defaults, variant.entry, RunEntry())
    return list(combinations(variant.component, offer))


def varied(config: Config, section: str) -> list[Variant]:
    """The variants that choices are made for: not metrics that train networks."""
    return [one for one in config.variants[section] if not isinstance(one.component, RetrainMetric)]
