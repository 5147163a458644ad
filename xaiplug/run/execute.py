"""A whole run: plan, cells, tables, report. Running again does what is missing, nothing else."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from xaiplug.config import Config
from xaiplug.errors import ConfigError, XaiplugError
from xaiplug.run.cell import run_cell
from xaiplug.run.cells import Cell
from xaiplug.run.collect import collect
from xaiplug.run.plan import Plan, Skipped, make_plan
from xaiplug.run.planfile import read_plan, write_plan
from xaiplug.run.store import Store
from xaiplug.run.workspace import Workspace


class Watcher(Protocol):
    """What is told while a run goes on."""

    def start(self, total: int) -> None: ...

    def cell(self, name: str) -> None: ...

    def done(self) -> None: ...


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
    results: Path | None = None
    report: Path | None = None
    report_error: str = ""

    @property
    def ok(self) -> bool:
        return not self.failures and not self.report_error

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        failed = len(self.failures)
        return {
            "name": self.name,
            "dir": str(self.folder),
            "cells": {"done": self.done, "cached": self.cached, "failed": failed, "blocked": self.blocked},
            "results": str(self.results) if self.results else None,
            "report": str(self.report) if self.report else None,
            "failures": [{"cell": f.cell, "id": f.id, "error": f.error, "waiting": f.waiting} for f in self.failures],
            "skipped": [{"what": skip.what, "why": skip.why} for skip in self.skipped],
        }


def plan_of(config: Config, workspace: Workspace | None = None) -> Plan:
    """The plan of a run file; looks at the first sample of each data set.

    Raises:
        ConfigError: data that cannot be read.
    """
    try:
        facts = (workspace or Workspace(config)).facts()
    except XaiplugError as error:
        raise ConfigError(f"data: {error}") from error
    except Exception as error:
        raise ConfigError(f"data: {type(error).__name__}: {error}") from error
    plan = make_plan(config, facts)
    if not plan.cells:
        raise ConfigError("the run file asks for nothing: no explainer fits any data, or 'runs:' names none")
    return plan


def execute(config: Config, watcher: Watcher) -> Outcome:
    """Compute every missing cell of a run, then its tables and its report.

    Cells that fail are kept out of the way: the others go on.

    Raises:
        ConfigError: the run file; nothing was run. StoreError: the folder cannot be written; nothing was run.
    """
    store, workspace = Store(config.folder), Workspace(config)
    plan = plan_of(config, workspace)
    store.prepare()
    ids = write_plan(store, workspace, plan)
    store.forget_failures(set(ids))
    outcome = Outcome(config.file.name, store.folder, skipped=plan.skipped)
    _cells(store, workspace, ids, outcome, watcher)
    outcome.results, _ = collect(store)
    try:
        outcome.report = report(store.folder, workspace)
    except Exception as error:
        outcome.report_error = f"the report could not be written: {type(error).__name__}: {error}"
    return outcome


def _cells(store: Store, workspace: Workspace, ids: Sequence[str], outcome: Outcome, watcher: Watcher) -> None:
    plan = read_plan(store.folder)
    roots: dict[str, str] = {}  # cell that cannot be done -> the failed cell that it waits for
    failed: dict[str, str] = {}
    watcher.start(len(ids))
    for cell in ids:
        name = Cell.of(plan[cell]).name
        watcher.cell(name)
        blocking = next((roots[wanted] for wanted in plan[cell]["inputs"] if wanted in roots), None)
        if store.finished(cell):
            outcome.cached += 1
        elif blocking is not None:
            roots[cell] = blocking
            outcome.blocked += 1
        else:
            try:
                run_cell(store.folder, cell, workspace=workspace)
                outcome.done += 1
            except Exception as error:
                roots[cell] = cell
                failed[cell] = one_line(error)
        watcher.done()
    waiting = [root for cell, root in roots.items() if cell != root]
    outcome.failures = [
        Failure(cell, Cell.of(plan[cell]).name, text, waiting.count(cell)) for cell, text in failed.items()
    ]


def one_line(error: BaseException) -> str:
    """The message, with the type where it is not one of ours."""
    kind = "" if isinstance(error, XaiplugError) else f"{type(error).__name__}: "
    return " ".join(f"{kind}{error}".split())


def report(folder: Path, workspace: Workspace | None = None) -> Path:
    """Write `report.html` of what is finished; its path."""
    from xaiplug.run.study import study_of
    from xaiplug.view.report import write_report

    return write_report(study_of(folder, workspace), folder / "report.html")
