"""The extension points of xaiplug, all on one page, and the table of kinds that they make.

A plug-in is a module (or a wheel) that implements one or more of these hooks and names itself in the entry-point
group `xaiplug`. Every hook is called once per process, when the registry is first asked for anything, and returns a
list of `Spec`: a name, the class (or `"package.module:Class"`, which keeps the listing light), a summary (left out, it
is the first line of the class's docstring), the paper (a `Paper`, or a key of the wheel's `papers.bib`).

Hooks only declare. They must not import torch: `xaiplug list` runs them all.

Each hook is one kind of component, and one row of `KINDS`: `list`, `check`, `new-plugin`, the sections of run files and
the documents read that table. A new kind is a file in `xaiplug/kinds` and a hook here.

Shapes: `B` samples, `C,H,W` image, `G` feature groups, `K` classes, `n` baselines, `R` rows.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import pluggy

from xaiplug.spec import Spec

PROJECT = "xaiplug"
GROUP = "xaiplug"
"""The entry-point group in which plug-ins name themselves."""
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)

Hook = Callable[[], list[Spec]]


@dataclass(frozen=True)
class Kind:
    """One kind of component.

    Attributes:
        name: `explainer`; `plural` is what `xaiplug list` and hooks call it.
        hook: the name of its hook.
        base: `module:Class` of its base class.
        sections: of a run file, whose entries are components of this kind.
        starts_from: the base class of what `new-plugin` writes.
        offers: what the hook's docstring says.
    """

    name: str
    hook: str
    base: str
    sections: tuple[str, ...]
    starts_from: str
    offers: str

    @property
    def plural(self) -> str:
        return f"{self.name}s"

    @property
    def module(self) -> str:
        """The name with an underscore, as in Python: of its file, of its room in the kit, of its template."""
        return self.name.replace("-", "_")

    def load_base(self) -> type[Any]:
        """The base class."""
        module, _, name = self.base.partition(":")
        cls: type[Any] = getattr(import_module(module), name)
        return cls


KINDS: dict[str, Kind] = {}
"""Name -> kind, in the order of this page."""


def _kind(name: str, cls: str, *sections: str, starts_from: str = "") -> Callable[[Hook], Hook]:
    """The hook below is how components of this kind are offered."""

    def row(hook: Hook) -> Hook:
        base = f"xaiplug.kinds.{name.replace('-', '_')}:{cls}"
        KINDS[name] = Kind(
            name, hook.__name__, base, sections, starts_from or cls, " ".join((hook.__doc__ or "").split())
        )
        return hookspec(hook)

    return row


@_kind("explainer", "Explainer", "explainers")
def xaiplug_explainers() -> list[Spec]:  # type: ignore[empty-body]
    """Offer explainers: `explain(query)` -> signed attribution (B,*shape), (B,1,H,W) or (B,G), or an `Explanation`."""


@_kind("segmenter", "Segmenter", "segmenters")
def xaiplug_segmenters() -> list[Spec]:  # type: ignore[empty-body]
    """Offer segmenters: `segment(images (B,C,H,W) in pixel space, seeds (B,))` -> labels (B,H,W) int64."""


@_kind("baseline", "Baseline", "baselines", "references")
def xaiplug_baselines() -> list[Spec]:  # type: ignore[empty-body]
    """Offer baselines and reference policies: `build(query)` -> (n,B,*shape)."""


@_kind("imputer", "Imputer", "imputers", starts_from="PixelImputer")
def xaiplug_imputers() -> list[Spec]:  # type: ignore[empty-body]
    """Offer imputers: `bind(query)` -> `Removal(rows (R,), keep (R,G) bool) -> logits (R,K)`."""


@_kind("metric", "Metric", "metrics")
def xaiplug_metrics() -> list[Spec]:  # type: ignore[empty-body]
    """Offer metrics: `measure(query, explanation)` -> values (B,) or a `MetricResult`."""


@_kind("model-source", "ModelSource")
def xaiplug_model_sources() -> list[Spec]:  # type: ignore[empty-body]
    """Offer sources of models, the schemes of `scheme:name`: `load(name, **further)` -> `Model` or `nn.Module`."""


@_kind("data-source", "DataSource")
def xaiplug_data_sources() -> list[Spec]:  # type: ignore[empty-body]
    """Offer sources of data, the schemes of `scheme:name`: `load(name, split=, limit=, **further)` -> `Samples`."""


@_kind("task", "Task")
def xaiplug_tasks() -> list[Spec]:  # type: ignore[empty-body]
    """Offer tasks: data with known truth (`samples`), and a model trained on it (`train`, `refit`, `key`, `folds`)."""


@_kind("engine", "Engine", "engine")
def xaiplug_engines() -> list[Spec]:  # type: ignore[empty-body]
    """Offer engines: `run(work, watcher)` -> an iterator of `Done`; where the cells of a run are computed."""


@_kind("view", "StudyView", "views")
def xaiplug_views() -> list[Spec]:  # type: ignore[empty-body]
    """Offer views of a study: `write(study, folder)` -> the path of what was written, such as `report.html`."""
