"""Models that need nothing but the core: exports, tasks trained on demand, attributes of modules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from torch import nn

from xaiplug.errors import ModelError, Problem
from xaiplug.kinds import ModelSource
from xaiplug.model.adapter import Model
from xaiplug.model.export import load_export, save_export
from xaiplug.sources.modules import PATHS, attribute, module_problems
from xaiplug.sources.tasks import task_of, task_problems


class File(ModelSource):
    """An export of `xaiplug train`: `file:model.yaml`, or a folder with one."""

    names = "file or folder"
    example = "model.yaml"

    trust: bool = False
    """Build networks of any module that the file names, not only those of `xaiplug_trainers`; this runs code."""

    def load(self, name: str, **further: Any) -> Model:
        return load_export(Path(name), trust=self.trust)

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        save_export(Model(nn.LayerNorm(3)), folder, normalized_shape=3)  # its weights are not drawn
        return str(folder), {"trust": True}


class Trained(ModelSource):
    """The model of a task, trained on demand and cached; parameters are the task's: `task:decoy-mnist`."""

    open = True
    example = "decoy-mnist"

    def load(self, name: str, **further: Any) -> Model:
        task = task_of(name)
        return task.load(task.trained(**further), **further)

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return task_problems(name, further)


class Attribute(ModelSource):
    """An attribute of a module, `package.module:attribute`: a model, or a callable that returns one; this runs code."""

    open = True
    paths = PATHS
    example = "package.module:attribute"

    def load(self, name: str, **further: Any) -> Model | nn.Module:
        made: Model | nn.Module = attribute(name, further, (Model, nn.Module), ModelError)
        return made

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return module_problems("model-source", name)

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return "torch.nn:Linear", {"in_features": 3, "out_features": 2}
