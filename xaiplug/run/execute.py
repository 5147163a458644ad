"""A whole run: plan, cells, tables, views. Running again does what is missing, nothing else."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xaiplug.config import Config
from xaiplug.errors import ConfigError, XaiplugError
from xaiplug.kinds import Engine, StudyView, Watcher
from xaiplug.kinds.engine import DONE, WAITS
from xaiplug.registry import resolve
from xaiplug.run.cell import lend
from xaiplug.run.cells import Cell
from xaiplug.run.collect import collect
from xaiplug.run.plan import Facts, Plan, Skipped, make_plan
from xaiplug.run.planfile import Written, open_workspace, read_plan, write_plan
from xaiplug.run.stale import Stale
from xaiplug.run.store import Store
from xaiplug.run.study import study_of
from xaiplug.run.work import failure, root_of, worked
from xaiplug.run.workspace import Workspace


@dataclass(frozen=True)
class Failure:
    """A cell that failed, its error in one line, and how many cells wait for it."""

    id: str
    cell: str
    error: str
    waiting: int = 0


@dataclass
class Outcome:
    """What a run came to."""

    name: str
    folder: Path
    done: int = 0
    cached: int = 0
    blocked: int = 0
    failures: list[Failure] = field(default_factory=list)
    skipped: Sequence[Skipped] = ()
    stale: Sequence[Stale] = ()
    damaged: Sequence[str] = ()
    results: Path | None = None
    views: tuple[Path, ...] = ()
    report_error: str = ""

    @property
    def ok(self) -> bool:
        return not self.failures and not self.report_error

    @property
    def report(self) -> Path | None:
        """The first view that was written."""
        return self.views[0] if self.views else None

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        failed = len(self.failures)
        return {
            "name": self.name,
            "dir": str(self.folder),
            "cells": {"done": self.done, "cached": self.cached, "failed": failed, "blocked": self.blocked},
            "results": str(self.results) if self.results else None,
            "report": str(self.report) if self.report else None,
            "views": [str(path) for path in self.views],
            "failures": [{"cell": f.cell, "id": f.id, "error": f.error, "waiting": f.waiting} for f in self.failures],
            "skipped": [{"what": skip.what, "why": skip.why} for skip in self.skipped],
            "stale": [{"why": stale.why, "cells": stale.cells} for stale in self.stale],
            "damaged": list(self.damaged),
        }


def facts_of(workspace: Workspace) -> dict[str, Facts]:
    """What the first sample of each data set tells.

    Raises:
        ConfigError: data that cannot be read.
    """
    try:
        return workspace.facts()
    except XaiplugError as error:
        raise ConfigError(f"data: {error}") from error
    except Exception as error:
        raise ConfigError(f"data: {type(error).__name__}: {error}") from error


def plan_of(config: Config, workspace: Workspace | None = None) -> Plan:
    """The plan of a run file; looks at the first sample of each data set.

    Raises:
        ConfigError: data that cannot be read.
    """
    facts = facts_of(workspace or Workspace(config))
    plan = make_plan(config, facts)
    if not plan.cells:
        raise ConfigError("the run file asks for nothing: no explainer fits any data, or 'runs:' names none")
    return plan


@dataclass(frozen=True)
class Begun:
    """A run of which nothing is computed yet; `told` is what its folder has said of damaged cells before."""

    store: Store
    workspace: Workspace
    plan: Plan
    written: Written
    told: Sequence[str]


def begin(config: Config) -> Begun:
    """Plan a run, write the plan, and see to its folder; cells that this process computes share its workspace.

    Raises:
        ConfigError: the run file. StoreError: the folder cannot be written.
    """
    store, workspace = Store(config.folder), Workspace(config)
    plan = plan_of(config, workspace)
    store.prepare()
    written = write_plan(store, workspace, plan)
    store.forget_failures(set(written.entries))
    told = store.told()
    store.mend((cell, Cell.of(entry).name) for cell, entry in written.entries.items())
    lend(store.folder, workspace)
    return Begun(store, workspace, plan, written, told)


def execute(config: Config, watcher: Watcher) -> Outcome:
    """Have every missing cell of a run computed by its engine, then write its tables and its views.

    Cells that fail are kept out of the way: the others go on.

    Raises:
        ConfigError: the run file; nothing was run. StoreError: the folder cannot be written; nothing was run.
    """
    begun = begin(config)
    store, workspace, written = begun.store, begun.workspace, begun.written
    outcome = Outcome(config.file.name, store.folder, skipped=begun.plan.skipped, stale=written.stale)
    ids = list(written.entries)
    told = len(begun.told)
    _cells(store, config.engine, ids, outcome, watcher)
    outcome.damaged = tuple(store.told()[told:])
    outcome.results, _ = collect(store)
    try:
        outcome.views = report(store.folder, workspace)
    except Exception as error:
        outcome.report_error = f"the report could not be written: {type(error).__name__}: {error}"
    return outcome


def _cells(store: Store, engine: Engine, ids: Sequence[str], outcome: Outcome, watcher: Watcher) -> None:
    plan = read_plan(store.folder)
    missing = [cell for cell in ids if not store.finished(cell)]
    watcher.start(len(ids))
    outcome.cached = len(ids) - len(missing)
    for _ in range(outcome.cached):
        watcher.done()
    states = worked(engine, store, plan, missing, watcher)
    waiting = Counter(root_of(cell, plan, states) for cell, state in states.items() if state == WAITS)
    outcome.blocked = waiting.total()
    outcome.done = sum(state == DONE for state in states.values())
    errors = {cell: why for cell in missing if (why := failure(states[cell])) is not None}
    outcome.failures = [Failure(cell, Cell.of(plan[cell]).name, why, waiting[cell]) for cell, why in errors.items()]


def report(folder: Path, workspace: Workspace | None = None, views: Sequence[Any] = ()) -> tuple[Path, ...]:
    """Have views written of what is finished; what a reader opens.

    Args:
        views: names, `(name, params)` or instances; default those of the run file.

    Raises:
        RegistryError: an unknown view. StoreError: nothing was run, or the folder cannot be written.
    """
    chosen = [resolve("view", view) for view in views]
    space = workspace or open_workspace(folder)
    study = study_of(folder, space)
    return tuple(
        view.read(view.write(study, folder)) for view in chosen or space.config.views if isinstance(view, StudyView)
    )
