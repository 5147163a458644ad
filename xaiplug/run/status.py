"""How far a run got."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from xaiplug.config import Config
from xaiplug.run.cells import Cell
from xaiplug.run.planfile import PLAN, read_plan
from xaiplug.run.store import Store


@dataclass
class Status:
    """Cells by state and kind, and why some failed."""

    counts: dict[str, dict[str, int]] = field(default_factory=dict)
    failures: list[tuple[str, str]] = field(default_factory=list)
    note: str = ""

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        failures = [{"cell": cell, "error": error} for cell, error in self.failures]
        totals = {state: sum(kinds.values()) for state, kinds in self.counts.items()}
        return {"cells": totals, "kinds": self.counts, "failures": failures, "note": self.note}


def status_of(config: Config) -> Status:
    """The state of the last run's cells."""
    store = Store(config.folder)
    status = Status({"done": {}, "failed": {}, "missing": {}})
    if not (store.folder / PLAN).is_file():
        status.note = f"nothing was run in {store.folder} yet"
        return status
    for cell, entry in read_plan(store.folder).items():
        error = store.error(cell)
        state = "done" if store.finished(cell) else "failed" if error is not None else "missing"
        kinds = status.counts[state]
        kinds[entry["kind"]] = kinds.get(entry["kind"], 0) + 1
        if state == "failed" and error is not None:
            reason = error.split("\n\n")[0].partition("\n")[2]
            status.failures.append((Cell.of(entry).name, " ".join(reason.split())))
    if (store.folder / "run.yaml").read_text(encoding="utf-8") != config.text():
        status.note = "the run file has changed since; this is the state of the run as it was"
    return status
