"""The plan on disk: what an outside scheduler reads.

`plan.json` is JSON with one cell a line, each beginning with its id; what is said of all cells stands in the first
lines, and where each cell's line is in the last ones (`lookup`).
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from xaiplug import config
from xaiplug.data.storage import write_atomically
from xaiplug.errors import StoreError
from xaiplug.run.address import address
from xaiplug.run.key import Leaves
from xaiplug.run.lookup import line_of, listed
from xaiplug.run.plan import Plan
from xaiplug.run.stale import Stale, stale
from xaiplug.run.store import Store, read_json
from xaiplug.run.workspace import Workspace

PLAN = "plan.json"
RUN = "run.yaml"

Entry = dict[str, Any]


@dataclass(frozen=True)
class Written:
    """A plan with its addresses: entries by id in the order of work, and what makes cells of the last plan stale."""

    entries: Mapping[str, Entry]
    parts: Mapping[str, Leaves]
    stale: tuple[Stale, ...]


def read_plan(folder: Path) -> Mapping[str, Entry]:
    """Cell id -> the cell's names, and its inputs' ids, in the order of work.

    Raises:
        StoreError: no plan there.
    """
    return _whole(folder)[0]


def read_entry(folder: Path, cell: str) -> Entry | None:
    """One cell of the plan, without parsing the rest; None if the plan has none of this id.

    Raises:
        StoreError: no plan there.
    """
    try:
        found = line_of(folder / PLAN, cell)
    except OSError:
        found = None
    return found or read_plan(folder).get(cell)


def read_root(folder: Path) -> Path:
    """The working directory that a run's relative paths mean.

    Raises:
        StoreError: no plan there.
    """
    try:
        with (folder / PLAN).open(encoding="utf-8") as file:
            next(file)
            return Path(json.loads("{" + next(file).rstrip().rstrip(",") + "}")["root"])
    except OSError as error:
        raise StoreError(f"cannot read {folder / PLAN}: {error.strerror or error}; run the run file first") from error
    except (ValueError, KeyError, StopIteration):
        return Path(read_json(folder / PLAN)["root"])


def _whole(folder: Path) -> tuple[Mapping[str, Entry], Mapping[str, Leaves]]:
    path = folder / PLAN
    stamp = path.stat() if path.is_file() else None
    return _plan(path.resolve(), *((stamp.st_mtime_ns, stamp.st_ino) if stamp else (0, 0)))


@lru_cache(maxsize=2)
def _plan(path: Path, *stamp: int) -> tuple[Mapping[str, Entry], Mapping[str, Leaves]]:
    """Parsed once for each state of the file."""
    read = read_json(path)
    try:
        return {entry["id"]: entry for entry in read["cells"]}, read.get("parts", {})
    except (TypeError, KeyError, AttributeError) as error:
        raise StoreError(f"{path} is no plan; run the run file again") from error


def addressed(store: Store, workspace: Workspace, plan: Plan) -> Written:
    """Give every cell of a plan its id; what it says of stale cells is told against the last plan in the folder."""
    ids: dict[str, str] = {}
    entries: dict[str, Entry] = {}
    parts: dict[str, Leaves] = {}
    for cell in plan.cells:
        inputs = [ids[name] for name in cell.inputs]
        found = address(workspace, cell, inputs)
        ids[cell.name] = found.id
        parts.update(found.leaves)
        entry = {"id": found.id, **cell.plain(), "inputs": inputs, "parts": dict(found.parts)}
        entries.setdefault(found.id, entry)
    try:
        before = _whole(store.folder) if (store.folder / PLAN).is_file() else ({}, {})
    except StoreError:  # no longer readable: it is written anew
        before = {}, {}
    return Written(entries, parts, tuple(stale(store, before, (entries, parts))))


def stale_in(workspace: Workspace, plan: Plan) -> tuple[Stale, ...]:
    """What a run of this plan would compute again, and why; nothing, and no model is loaded, before the first run."""
    store = Store(workspace.config.folder)
    return addressed(store, workspace, plan).stale if (store.folder / PLAN).is_file() else ()


def write_plan(store: Store, workspace: Workspace, plan: Plan) -> Written:
    """Give every cell of a plan its id; write `plan.json`, `run.yaml` and the answers that addresses stand on."""
    written = addressed(store, workspace, plan)
    workspace.seen.save()
    text = workspace.config.text()
    write_atomically(store.folder / RUN, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    head = {
        "root": str(workspace.config.root.resolve()),
        "skipped": [{"what": skip.what, "why": skip.why} for skip in plan.skipped],
        "parts": written.parts,
    }
    first = [f"{json.dumps(name)}: {json.dumps(value, sort_keys=True)},\n" for name, value in head.items()]
    lines = {cell: json.dumps(entry) for cell, entry in written.entries.items()}
    text = listed("".join(["{\n", *first]), lines)
    write_atomically(store.folder / PLAN, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return written


def open_workspace(folder: Path, *, trains: bool = True) -> Workspace:
    """The workspace of a run as its folder has it; `trains` as of a `Workspace`.

    Raises:
        StoreError: nothing was run there.
    """
    return Workspace(config.load(folder / RUN, (f"outputs.dir={folder}",), root=read_root(folder)), trains=trains)
