"""The plan on disk: what an outside scheduler reads."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from xaiplug import config
from xaiplug.data.storage import write_atomically
from xaiplug.run.address import key
from xaiplug.run.plan import Plan
from xaiplug.run.store import Store, read_json, write_json
from xaiplug.run.workspace import Workspace

PLAN = "plan.json"
RUN = "run.yaml"


def read_plan(folder: Path) -> Mapping[str, dict[str, Any]]:
    """Cell id -> the cell's names, and its inputs' ids, in the order of work.

    Raises:
        StoreError: no plan there.
    """
    path = folder / PLAN
    stamp = path.stat() if path.is_file() else None
    return _plan(path.resolve(), *((stamp.st_mtime_ns, stamp.st_ino) if stamp else (0, 0)))


@lru_cache(maxsize=2)
def _plan(path: Path, *stamp: int) -> Mapping[str, dict[str, Any]]:
    """Parsed once for each state of the file."""
    cells: list[dict[str, Any]] = read_json(path)["cells"]
    return {entry["id"]: entry for entry in cells}


def write_plan(store: Store, workspace: Workspace, plan: Plan) -> list[str]:
    """Give every cell of a plan its id, write `plan.json` and `run.yaml`; the ids in the order of work."""
    ids: dict[str, str] = {}
    entries: dict[str, dict[str, Any]] = {}
    for cell in plan.cells:
        inputs = [ids[name] for name in cell.inputs]
        ids[cell.name] = key(workspace, cell, inputs)
        entries.setdefault(ids[cell.name], {**cell.plain(), "id": ids[cell.name], "inputs": inputs})
    skipped = [{"what": skip.what, "why": skip.why} for skip in plan.skipped]
    text = workspace.config.text()
    write_atomically(store.folder / RUN, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    root = str(workspace.config.root.resolve())
    write_json(store.folder / PLAN, {"cells": list(entries.values()), "root": root, "skipped": skipped})
    return list(entries)


def open_workspace(folder: Path) -> Workspace:
    """The workspace of a run as its folder has it.

    Raises:
        StoreError: nothing was run there.
    """
    root = Path(read_json(folder / PLAN)["root"])
    return Workspace(config.load(folder / RUN, (f"outputs.dir={folder}",), root=root))
