"""A run file from disk to a checked `Config`: everything wrong is told at once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any

import yaml
from pydantic import ValidationError

from xaiplug.calling.given import DEFAULTS
from xaiplug.config import check
from xaiplug.config.fits import Variant
from xaiplug.config.marks import Document, Dumper, read
from xaiplug.config.overrides import override
from xaiplug.config.places import Places
from xaiplug.config.problems import found, without
from xaiplug.config.schema import ENTRIES, SINGLES, ComponentEntry, RunFile
from xaiplug.errors import ConfigError, Problem, RegistryError
from xaiplug.kinds import Engine, StudyView
from xaiplug.registry import configure, registry


@dataclass(frozen=True, eq=False)
class Config:
    """A checked run file: `file` with defaults and overrides, `variants` by section with every sweep unrolled.

    `root` is the working directory that its paths are relative to; `defaults` stand in for absent sections; `engine`
    computes the cells, `views` show the study.
    """

    file: RunFile
    root: Path
    variants: Mapping[str, Sequence[Variant]]
    defaults: Mapping[str, Variant | None]
    engine: Engine
    views: tuple[StudyView, ...]

    @property
    def folder(self) -> Path:
        """Where the results go."""
        return self.root / (self.file.outputs.dir or f"runs/{self.file.name}")

    def text(self) -> str:
        """The resolved run file as YAML."""
        plain = self.file.model_dump(mode="json", exclude_none=True)
        short = _shortened(plain)
        return yaml.dump(short, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)


def load(path: Path | str, settings: Sequence[str] = (), *, root: Path | None = None, strict: bool = False) -> Config:
    """Read and check a run file with its `--set` overrides.

    Args:
        root: the working directory; default the current one.
        strict: a plug-in file that does not load is wrong even where nothing of it is used.

    Raises:
        ConfigError: everything that is wrong, one problem a line.
    """
    path, root = Path(path), root or Path.cwd()
    document = override(read(path), settings)
    if not isinstance(document.data, dict):
        raise document.error([Problem((), "a run file is a mapping with version, name, models, data, explainers")])
    problems: list[Problem] = []
    file = _parsed(document.data, problems)
    empty = [section for section in ("models", "data", "explainers") if document.data.get(section) == {}]
    problems.extend(Problem((section,), "is empty; give at least one") for section in empty)
    places = Places(path.parent.resolve(), root)
    file = places.plugins(file)
    if file.plugins != type(file.plugins)():
        files = [root / name for name in file.plugins.files]
        configure(disable=file.plugins.disable, only=file.plugins.only, files=files)
        problems.extend(_broken(file) if strict else ())
    file = places.resolved(file)
    problems.extend(places.problems)
    problems.extend(_escapes(document, file))
    engine = check.one("engine", file.engine, ("engine",), problems)
    views = [check.one("view", entry, ("views", i), problems) for i, entry in enumerate(file.views)]
    variants = check.made(file, problems)
    defaults = default_variants(file)
    check.references(file, check.plain_entries(document.data), variants, problems)
    check.needs(file, variants, defaults, problems)
    if problems:
        raise document.error(problems)
    assert isinstance(engine, Engine)
    return Config(file, root, variants, defaults, engine, tuple(view for view in views if isinstance(view, StudyView)))


def _parsed(data: dict[Any, Any], problems: list[Problem]) -> RunFile:
    """The file; where parts of it are refused, the rest."""
    try:
        return RunFile.model_validate(data)
    except ValidationError as error:
        problems.extend(found(error))
    try:
        return RunFile.model_validate(without(data, problems))
    except ValidationError as error:
        raise ConfigError("; ".join(map(str, found(error)))) from error


def _broken(file: RunFile) -> list[Problem]:
    """Plug-in files of the run file that do not load."""
    named = {Path(name).stem: i for i, name in enumerate(file.plugins.files)}
    return [
        Problem(("plugins", "files", named[plugin.name]), f"'{plugin.distribution}' does not load: {plugin.error}")
        for plugin in registry().failures
        if plugin.name in named and Path(plugin.distribution).is_file()
    ]


def _escapes(document: Document, file: RunFile) -> list[Problem]:
    """An output folder outside of the working directory: a run file may not choose one, `--set outputs.dir=` may."""
    given = file.outputs.dir
    if given is None:
        return []
    path, mine = ("outputs", "dir"), document.marks.get(("outputs", "dir"), "").startswith("--set")
    if not given.strip() or ".." in PurePosixPath(given).parts or ".." in PureWindowsPath(given).parts:
        return [Problem(path, f"'{given}' must be a folder without '..'")]
    if not mine and (PurePosixPath(given).is_absolute() or PureWindowsPath(given).drive or given.startswith("~")):
        advice = "write one below the working directory, or choose it yourself with --set outputs.dir=..."
        return [Problem(path, f"'{given}' is outside of the working directory; {advice}")]
    return []


def default_variants(file: RunFile) -> dict[str, Variant | None]:
    """What stands in for each absent section, by pin; None where there is no default, or the section is there."""
    kinds = {"segmenter": "segmenters", "baseline": "baselines", "imputer": "imputers"}
    defaults: dict[str, Variant | None] = {}
    for pin, section in kinds.items():
        name = DEFAULTS[pin]
        try:
            component = registry().create(pin, name)
        except RegistryError:
            component = None
        missing = component is None and pin != "segmenter"  # rows and embeddings need no segmenter
        label = "default" if pin == "segmenter" else name  # what cuts images by default depends on the model
        entry = ComponentEntry(use=name)
        defaults[pin] = None if missing else Variant(section, name, label, component, entry, default=True)
    return defaults


def _shortened(plain: dict[str, Any]) -> dict[str, Any]:
    """Without empty sections, and without what an entry leaves at nothing; parameters stay as they are."""
    short = {}
    for key, value in plain.items():
        if key in ENTRIES:
            value = {name: {k: v for k, v in entry.items() if v != {}} for name, entry in value.items()}
        elif key in SINGLES:
            value = {k: v for k, v in value.items() if v not in ({}, [])}
        if value != {}:
            short[key] = value
    return short
