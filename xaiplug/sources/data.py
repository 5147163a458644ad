"""Data that need nothing but the core: samples of tasks, attributes of modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError, Problem
from xaiplug.kinds import DataSource
from xaiplug.sources.modules import PATHS, attribute, module_problems
from xaiplug.sources.tasks import task_of, task_problems


class OfTask(DataSource):
    """A task's own samples with their truth, `task:decoy-mnist`; the split is "test" unless given."""

    open = True
    example = "decoy-mnist"

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        return task_of(name).samples(split or "test", limit=limit, **further)

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return task_problems(name, further, split)


class Attribute(DataSource):
    """An attribute of a module, `package.module:attribute`: samples, or a callable that returns them; this runs code.

    A callable is given `split` where one is asked for.
    """

    open = True
    paths = PATHS
    example = "package.module:attribute"

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        given = further | ({} if split is None else {"split": split})
        samples: Samples = attribute(name, given, Samples, DataError)
        return samples

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return module_problems("data-source", name)

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return "xaiplug.testing.data_source.scenes:points", {"count": 6}
