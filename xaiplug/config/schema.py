"""The run file, key by key."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from xaiplug.data.target import Scale
from xaiplug.hookspecs import KINDS


def _named(value: Any) -> Any:
    return {"use": value} if isinstance(value, str | int) and not isinstance(value, bool) else value


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, str) else value


def _empty(value: Any) -> Any:
    return {} if value is None else value


def _distinct(values: list[Any]) -> list[Any]:
    if len(set(values)) < len(values):
        raise ValueError("is listed twice")
    return values


def _text_or_index(value: Any) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int):
        raise ValueError("expected predicted, label, a class name or a class index")
    return value


Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_+-]*$")]
"""What an entry of a section is called."""

RunName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_][A-Za-z0-9_+-]*(\.[A-Za-z0-9_+-]+)*$")]
"""A run's name is also a folder's: no slash, no `..`."""

Names = Annotated[list[str], BeforeValidator(_listed)]
"""One name of a section, or several; `"*"` is all of them."""

Params = Annotated[dict[str, Any], BeforeValidator(_empty)]
Sweep = Annotated[dict[str, Annotated[list[Any], Field(min_length=1)]], BeforeValidator(_empty)]


Reads = Annotated[dict[Literal["region", "difference", "detection"], Any] | None, Field(min_length=1, max_length=1)]


class Strict(BaseModel):
    """No unknown keys, no conversions."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class ModelEntry(Strict):
    """A model by reference: what `xaiplug.load_model` takes."""

    use: str
    """The model, `scheme:name`: `task:decoy-mnist`, `torchvision:resnet50`, `file:model.yaml`, `module:attr`."""
    params: Params = {}
    """What its source takes: `xaiplug list model-sources NAME`."""
    reads: Reads = None
    """What of its output is explained: `{region: {rows: [0, 8], columns: [0, 8]}}` of a segmentation, `{difference:
    [cat, dog]}`, `{detection: {box: [x1, y1, x2, y2], label: 17}}`; null is its logits."""


class DataEntry(Strict):
    """Samples by reference, and which of them: `tag`, then `keep`, then `per_class`, then `limit`."""

    use: str
    """The data, `scheme:name`: `task:decoy-mnist`, `folder:photos`, `module:attr`."""
    split: str | None = None
    """Which part of the data, as the source names them."""
    limit: Annotated[int, Field(ge=1)] | None = None
    """The first so many of those that pass the other filters."""
    keep: Annotated[str, StringConstraints(pattern=r"^(all|correct|top-[1-9][0-9]*)$")] = "all"
    """Those that the model classifies rightly, or has the label among its k best."""
    per_class: Annotated[int, Field(ge=1)] | None = None
    """The first so many of each label."""
    tag: str | None = None
    """A column of the samples' extras that must not be 0."""
    params: Params = {}
    """What its source takes: `xaiplug list data-sources NAME`."""


class TargetEntry(Strict):
    """Which score is explained; the scale is each method's own unless given."""

    use: Annotated[str | int, BeforeValidator(_text_or_index)] = "predicted"
    """Which class: the `predicted` one, the `label`, or a class by name or index."""
    scale: Scale | None = None
    """In which unit its score is explained; null is each method's own."""


Target = Annotated[TargetEntry, BeforeValidator(_named)]


class ComponentEntry(Strict):
    """A component with its parameters, once or swept."""

    use: str
    """A component by name, or `plugin/name`."""
    params: Params = {}
    """Its fields: `xaiplug list KIND NAME`."""
    grid: Sweep = {}
    """Every combination of these values."""
    zip: Sweep = {}
    """The first values together, the second together, ..."""

    @model_validator(mode="after")
    def _sweeps(self) -> ComponentEntry:
        if len({len(values) for values in self.zip.values()}) > 1:
            lengths = ", ".join(f"{key} {len(values)}" for key, values in self.zip.items())
            raise ValueError(f"the lists of zip must have one length, got {lengths}")
        for one, other, names in (
            ("params", "grid", self.params.keys() & self.grid.keys()),
            ("params", "zip", self.params.keys() & self.zip.keys()),
            ("grid", "zip", self.grid.keys() & self.zip.keys()),
        ):
            if names:
                raise ValueError(f"'{min(names)}' is in {one} and in {other}; keep one")
        return self


class PlainEntry(Strict):
    """A component with its parameters, of which a run has one."""

    use: str
    """A component by name, or `plugin/name`."""
    params: Params = {}
    """Its fields: `xaiplug list KIND NAME`."""


Plain = Annotated[PlainEntry, BeforeValidator(_named)]


class ExplainerEntry(ComponentEntry):
    """An explainer; may name what it goes with, instead of being combined with everything of those sections."""

    segmenter: Names | None = None
    """Those of `segmenters` that it runs with; null is all."""
    baseline: Names | None = None
    """Those of `baselines`; null is all."""
    references: Names | None = None
    """Those of `references`; null is all."""
    imputer: Names | None = None
    """Those of `imputers`; null is all."""
    scale: Scale | None = None
    """In which unit it explains the score; null is the target's, else its own."""
    target: Target | None = None
    """Another target than the file's."""


class MetricEntry(ComponentEntry):
    """A metric; may name what it measures with."""

    segmenter: Names | None = None
    """Those of `segmenters` that it measures with; null is the explanation's own, else all."""
    baseline: Names | None = None
    """Those of `baselines`; null is all."""
    imputer: Names | None = None
    """Those of `imputers`; null is all."""
    scale: Scale | None = None
    """Of the scores that it asks of the model; null is its own, else the explanation's."""


Component = Annotated[ComponentEntry, BeforeValidator(_named)]
All = Field(default=["*"])


class RunEntry(Strict):
    """One set of combinations; a section that is not named takes part whole."""

    models: Names = All
    """Some of the file's `models`, by name."""
    data: Names = All
    """Some of the file's `data`, by name."""
    explainers: Names = All
    """Some of the file's `explainers`, by name."""
    segmenters: Names = All
    """Some of the file's `segmenters`, by name."""
    baselines: Names = All
    """Some of the file's `baselines`, by name."""
    references: Names = All
    """Some of the file's `references`, by name."""
    imputers: Names = All
    """Some of the file's `imputers`, by name."""
    metrics: Names = All
    """Some of the file's `metrics`, by name."""
    seeds: Annotated[list[int], Field(min_length=1), AfterValidator(_distinct)] | None = None
    """Some of the file's; default all of them."""


class Outputs(Strict):
    """Where results go."""

    dir: str | None = None
    """Below the working directory; default `runs/<name>`."""


class Plugins(Strict):
    """Which plug-ins take part."""

    disable: Names = []
    """Plug-ins that are not loaded."""
    only: Names = []
    """If any are named, no others are loaded."""
    files: Names = []
    """Python files, each a plug-in named after its stem."""


class RunFile(Strict):
    """A whole study."""

    version: Literal[1]
    """Of the run file's format."""
    name: RunName
    """Of the study, and of its folder."""
    seeds: Annotated[list[Annotated[int, Field(ge=0)]], Field(min_length=1), AfterValidator(_distinct)] = [0]
    """Every explanation is made once with each."""
    models: dict[Name, Annotated[ModelEntry, BeforeValidator(_named)]]
    """What is explained."""
    data: dict[Name, Annotated[DataEntry, BeforeValidator(_named)]]
    """The samples."""
    pool: Annotated[DataEntry, BeforeValidator(_named)] | None = None
    """Samples that references and data baselines are drawn from."""
    target: Target = TargetEntry()
    """Which score is explained."""
    segmenters: dict[Name, Component] = {}
    """How images are cut into feature groups."""
    baselines: dict[Name, Component] = {}
    """What stands for absence."""
    references: dict[Name, Component] = {}
    """Which samples of other classes are compared with."""
    imputers: dict[Name, Component] = {}
    """How absence is done."""
    explainers: dict[Name, Annotated[ExplainerEntry, BeforeValidator(_named)]]
    """The methods."""
    metrics: dict[Name, Annotated[MetricEntry, BeforeValidator(_named)]] = {}
    """What is measured of their answers."""
    runs: list[RunEntry] | None = None
    """Which combinations are meant; null is everything that fits."""
    threads: Annotated[int, Field(ge=1)] = 1
    """CPU threads that each cell computes with, whichever engine has it: the last bits of a number depend on it."""
    engine: Plain = PlainEntry(use="serial")
    """Where cells are computed: `serial`, `dask`, `ray`."""
    views: Annotated[list[Plain], Field(min_length=1)] = [PlainEntry(use="html")]
    """What is written of a finished run."""
    outputs: Outputs = Outputs()
    """Where it is written."""
    plugins: Plugins = Plugins()
    """Which plug-ins take part."""


ENTRIES: dict[str, type[Strict]] = {
    "models": ModelEntry,
    "data": DataEntry,
    "segmenters": ComponentEntry,
    "baselines": ComponentEntry,
    "references": ComponentEntry,
    "imputers": ComponentEntry,
    "explainers": ExplainerEntry,
    "metrics": MetricEntry,
}
"""Sections of named entries, and what an entry is."""

SINGLES: dict[str, type[Strict]] = {
    "pool": DataEntry,
    "target": TargetEntry,
    "engine": PlainEntry,
    "outputs": Outputs,
    "plugins": Plugins,
}
"""Sections that are one entry."""

_KIND_OF = {section: kind.name for kind in KINDS.values() for section in kind.sections}

SECTIONS = {section: _KIND_OF[section] for section in ENTRIES if section in _KIND_OF}
"""Sections of components with names, and the kind that is looked up."""


def known_keys(path: tuple[str | int, ...]) -> list[str] | None:
    """The keys allowed in the mapping at `path`; None where any is."""
    match path:
        case ():
            return list(RunFile.model_fields)
        case (str() as section,) if section in SINGLES:
            return list(SINGLES[section].model_fields)
        case (str() as section, _) if section in ENTRIES:
            return list(ENTRIES[section].model_fields)
        case ("runs", int()):
            return list(RunEntry.model_fields)
        case ("views", int()):
            return list(PlainEntry.model_fields)
        case ("explainers", _, "target"):
            return list(TargetEntry.model_fields)
    return None
