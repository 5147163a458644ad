"""A study done again under other choices, for as long as a budget lasts; what is there already costs nothing."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import yaml

from xaiplug.audit.changes import changes
from xaiplug.audit.choices import Choice, choices_of
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
    clock = _Clock(budget)
    images = all(facts.ndim == 4 for facts in facts_of(Workspace(config)).values())
    choices, file = choices_of(config, changes(config, images=images))
    audited = _written(config, file)
    begun = begin(audited)
    store, plan = begun.store, begun.written.entries
    _take_over(store, Store(config.folder), plan)
    missing = dict.fromkeys(cell for cell in plan if not store.finished(cell))
    waiting = [(choice, _cells(plan, choice)) for choice in choices]
    watcher.start(len({cell for _, cells in waiting for cell in cells & missing.keys()}))
    done: list[Choice] = []
    notes: list[str] = []
    while waiting and (batch := _batch(waiting, missing, clock)):
        say(f"{clock}, choice {len(choices) - len(waiting) + 1} of {len(choices)}: {batch[0][0].name}")
        cells = [cell for cell in missing if any(cell in own for _, own in batch)]
        with clock.working(len(cells)):
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
        waiting = waiting[len(batch) :]
    if waiting:
        notes.append(
            f"{len(waiting)} of {len(choices)} choices did not fit into the budget of {_told(budget)}, the next is "
            f"'{waiting[0][0].name}'; give a larger --budget, and the same command goes on from here"
        )
    return Done(store, done, notes)


class _Clock:
    """What is left of a budget, and how long a cell takes."""

    def __init__(self, budget: float) -> None:
        self.budget, self.start = budget, time.monotonic()
        self.cells, self.seconds = 0, 0.0

    def __str__(self) -> str:
        return f"{_told(time.monotonic() - self.start)} of {_told(self.budget)}"

    @property
    def left(self) -> float:
        return self.budget - (time.monotonic() - self.start)

    def needs(self, cells: int) -> float:
        """Seconds for so many cells, by those that were computed; infinite as long as none was."""
        return cells * self.seconds / self.cells if self.cells else math.inf

    @contextmanager
    def working(self, cells: int) -> Iterator[None]:
        """Count what this block takes for so many cells."""
        begin = time.monotonic()
        yield
        self.cells, self.seconds = self.cells + cells, self.seconds + time.monotonic() - begin


def _batch(
    waiting: Sequence[tuple[Choice, set[str]]], missing: Mapping[str, None], clock: _Clock
) -> Sequence[tuple[Choice, set[str]]]:
    """The next choices to be computed in one go: what an eighth of the time that is left is enough for, or one, if it
    ends in time. The study itself, and the first choice of which nothing is there, are always begun.
    """
    first = not waiting[0][0].levels and not waiting[0][0].control
    new: set[str] = set()
    for count, (_, cells) in enumerate(waiting):
        new |= cells & missing.keys()
        if new and clock.needs(len(new)) > clock.left / 8:
            alone = first or not clock.cells or clock.needs(len(new)) <= clock.left
            return waiting[: max(count, int(alone))]
    return waiting


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


def _told(seconds: float) -> str:
    """`1:05`, or `2:00:00`.

    >>> _told(65)
    '1:05'
    """
    minutes, rest = divmod(int(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"
