"""The missing cells of a run, given to its engine; what came of each."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing
from typing import Any

from xaiplug.engines import Serial
from xaiplug.errors import EngineError
from xaiplug.kinds import Done, Engine, Job, Watcher, Work
from xaiplug.kinds.engine import BUSY, DONE, FAILED, WAITS
from xaiplug.run.jobs import jobs_of
from xaiplug.run.store import Store

Plan = Mapping[str, Mapping[str, Any]]

WAITING = "xaiplug.run.job:wait_for_cells"


def worked(engine: Engine, store: Store, plan: Plan, missing: Sequence[str], watcher: Watcher) -> dict[str, str]:
    """What came of every missing cell: `DONE`, `WAITS`, or `FAILED` with a message; the watcher is told of each.

    What another run computes at the same time is left to it, and waited for in the end.

    Raises:
        EngineError: the engine cannot begin; nothing was computed.
    """
    states: dict[str, str] = {}
    later: dict[str, None] = {}
    jobs = jobs_of(plan, missing)
    for job, done in _by(engine, Work(str(store.folder), jobs), watcher):
        for cell, state in _states(store, plan, job, done):
            if state == BUSY or (state == WAITS and root_of(cell, plan, states) is None):
                later[cell] = None
            else:
                states[cell] = state
                watcher.done()
    rest = Work(str(store.folder), jobs_of(plan, [cell for cell in missing if cell in later]), WAITING)
    for job, done in _by(Serial(), rest, watcher):
        for cell, state in _states(store, plan, job, done):
            unknown = state == WAITS and root_of(cell, plan, states) is None
            states[cell] = f"{FAILED}: what it reads is not there; run again" if unknown else state
            watcher.done()
    return states


def failure(state: str) -> str | None:
    """Why a cell failed, if it did."""
    word, _, message = state.partition(": ")
    return message if word == FAILED else None


def root_of(cell: str, plan: Plan, states: Mapping[str, str]) -> str | None:
    """The failed cell that a cell waits for, near or far; None if it waits for none that failed."""
    for wanted in plan[cell]["inputs"]:
        if failure(states.get(wanted, "")) is not None:
            return str(wanted)
        if states.get(wanted) == WAITS:
            return root_of(wanted, plan, states)
    return None


def _by(engine: Engine, work: Work, watcher: Watcher) -> Iterator[tuple[Job, Done]]:
    """Jobs, and what an engine says of them.

    This process does them itself as long as what is left, by what it took so far, is not worth the engine's start. An
    engine that is lost on the way has an error for all that are left.
    """
    jobs = {job.id: job for job in work.jobs}
    took: list[float] = []
    while jobs and not engine.worthwhile(_estimate(took, len(jobs))):
        job = jobs.pop(next(iter(jobs)))
        begin = time.monotonic()
        watcher.cell(job.name)
        yield job, work.do(job)
        took.append(time.monotonic() - begin)
    left = tuple(jobs.values())
    try:
        with closing(engine.run(Work(work.folder, left, work.call), watcher)) as told:  # type: ignore[type-var]
            for done in engine.read(told, left):
                yield jobs.pop(done.job), done
    except EngineError as error:
        if len(jobs) == len(work.jobs):
            raise
        for job in list(jobs.values()):
            yield job, Done(job.id, error=f"{error}; what is finished is kept, the same command goes on from there")


def _estimate(took: Sequence[float], left: int) -> float:
    """Seconds for the jobs that are `left`; 0 as long as nothing is known. The first loads what the others use."""
    known = took[1:] or [one for one in took if one > 1]
    return left * sum(known) / len(known) if known else 0.0


def _states(store: Store, plan: Plan, job: Job, done: Done) -> Iterator[tuple[str, str]]:
    """Cells of a job and what came of them; where that is not known, whether they are there."""
    if not done.error:
        yield from zip(job.cells, done.cells, strict=True)
        return
    missing: Collection[str] = [cell for cell in job.cells if not store.finished(cell)]
    for cell in job.cells:
        if cell not in missing:
            yield cell, DONE
        elif set(plan[cell]["inputs"]) & set(missing):
            yield cell, WAITS
        else:
            yield cell, f"{FAILED}: {done.error}"
