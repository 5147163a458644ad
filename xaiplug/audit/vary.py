"""A study done again under other choices, for as long as a budget lasts; what is there already costs nothing."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from xaiplug.audit.changes import changes
from xaiplug.audit.choices import Choice, choices_of
from xaiplug.audit.clock import Clock, told
from xaiplug.config import Config, load
from xaiplug.config.marks import Dumper
from xaiplug.data.storage import write_atomically
from xaiplug.kinds import Watcher
from xaiplug.run.execute import begin, facts_of
from xaiplug.run.planfile import PLAN
from xaiplug.run.store import Store
from xaiplug.run.work import failure, worked
from xaiplug.run.workspace import Workspace

FILE = "audit.yaml"
"""The run file of an audit, in its folder."""

Entries = Mapping[str, Mapping[str, Any]]
Say = Callable[[str], None]


@dataclass(frozen=True)
class Done:
    """What an audit computed: the choices that are whole, the study as run first, and a sentence for each other."""

    store: Store
    choices: Sequence[Choice]
    notes: Sequence[str]


def vary(config: Config, budget: float, watcher: Watcher, say: Say) -> Done:
    """Compute a study as it is and then under other choices, until `budget` seconds are spent.

    The study as run is always done whole. Of the other choices those are begun that, by what cells took so far, end in
    time. The cells lie in the folder of `audit.yaml`, beside the run's own, whose finished cells are taken over.

    Args:
        say: is told what begins, and how much of the budget is spent.

    Raises:
        ConfigError: the run file; nothing was run. StoreError: the folder cannot be written.
    """
    start = time.monotonic()
    images = all(facts.ndim == 4 for facts in facts_of(Workspace(config)).values())
    choices, file = choices_of(config, changes(config, images=images))
    audited = _written(config, file)
    begun = begin(audited)
    store, plan = begun.store, begun.written.entries
    clock = Clock(budget, start, store, plan)
    _take_over(store, Store(config.folder), plan)
    missing = dict.fromkeys(cell for cell in plan if not store.finished(cell))
    waiting = [(choice, _cells(plan, choice)) for choice in choices]
    watcher.start(len({cell for _, cells in waiting for cell in cells & missing.keys()}))
    done: list[Choice] = []
    notes: list[str] = []
    while waiting and (batch := _batch(waiting, missing, clock)):
        say(f"{clock}, choice {len(choices) - len(waiting) + 1} of {len(choices)}: {batch[0][0].name}")
        cells = [cell for cell in missing if any(cell in own for _, own in batch)]
        with clock.working(cells):
            states = worked(audited.engine, store, plan, cells, watcher)
        for cell in cells:
            del missing[cell]
        errors = {cell: why for cell, state in states.items() if (why := failure(state)) is not None}
        for choice, own in batch:
            failed = [errors[cell] for cell in own if cell in errors]
            if failed:
                notes.append(f"{choice.name}: {len(failed)} of {len(own)} cells failed, the first with: {failed[0]}")
            if not failed or choice is choices[0]:
                done.append(choice)
        waiting = [one for one in waiting if one not in batch]
    if waiting:
        rest = clock.needs({cell for _, cells in waiting for cell in cells & missing.keys()})
        notes.append(
            f"{len(waiting)} of {len(choices)} choices did not fit into the budget of {told(budget)}, the next is "
            f"'{waiting[0][0].name}'; all of them take about {told(rest)} more: give a larger --budget, and the same "
            "command goes on from here"
        )
    return Done(store, done, notes)


def _batch(
    waiting: Sequence[tuple[Choice, set[str]]], missing: Mapping[str, None], clock: Clock
) -> Sequence[tuple[Choice, set[str]]]:
    """The next choices to be computed in one go.

    Those that end in an eighth of the time that is left, or the first that ends in time: a slow choice holds up no
    quick one. The study itself, and the first choice of which nothing is there, are always begun.
    """
    head = waiting[0]
    if not head[0].levels and not head[0].control:
        return [head]
    chosen: list[tuple[Choice, set[str]]] = []
    new: set[str] = set()
    for one in waiting:
        more = new | (one[1] & missing.keys())
        if more == new or clock.needs(more) <= clock.left / 8:
            chosen.append(one)
            new = more
    if not clock.took and not new:
        chosen += [one for one in waiting if one not in chosen][:1]
    return chosen or [one for one in waiting if clock.needs(one[1] & missing.keys()) <= clock.left][:1]


def _written(config: Config, file: dict[str, Any]) -> Config:
    """The audit's run file in its folder, and read from there."""
    folder = config.folder.with_name(f"{config.folder.name}-audit")
    Store(folder).prepare()
    text = yaml.dump(file, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=110)
    path = write_atomically(folder / FILE, lambda temporary: temporary.write_text(text, encoding="utf-8"))
    return load(path, (f"outputs.dir={folder}",), root=config.root)


def _take_over(store: Store, other: Store, plan: Entries) -> None:
    """Copy the cells of the plan that another run of the study has finished."""
    for cell in plan if (other.folder / PLAN).is_file() else ():
        if other.finished(cell) and not store.finished(cell) and not other.damage(cell):
            with store.writing(cell) as folder:
                shutil.copytree(other.cell(cell), folder, dirs_exist_ok=True)


def _cells(plan: Entries, choice: Choice) -> set[str]:
    """Ids of the cells of a choice, with all that they read."""
    found: set[str] = set()
    explainers, metrics = set(choice.explainers.values()), set(choice.metrics.values())
    for cell, entry in plan.items():
        if entry["explainer"] in explainers and entry["metric_entry"] in metrics and entry["seed"] in choice.seeds:
            _collect(plan, cell, found)
    return found


def _collect(plan: Entries, cell: str, found: set[str]) -> None:
    found.add(cell)
    for wanted in plan[cell]["inputs"]:
        _collect(plan, wanted, found)
