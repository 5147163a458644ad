"""Broken engines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from threading import Thread

import torch

from xaiplug.engines import Reply
from xaiplug.kinds import Done, Job, Watcher, Work
from xaiplug.kinds.engine import DONE
from xaiplug.testing.engine.examples import ForkingHands, Forks, InTurn
from xaiplug.testing.shared.violator import made, violator


class LosesACell(InTurn):
    """Leaves out the last of two cells, and says that it is done."""

    def compute(self, work: Work, job: Job) -> Done:
        if len(job.cells) != 2:
            return super().compute(work, job)
        done = super().compute(work, replace(job, cells=job.cells[:1]))
        return replace(done, cells=(*done.cells, DONE))


class TwiceAtOnce(InTurn):
    """Gives a job of one cell to two workers."""

    def compute(self, work: Work, job: Job) -> Done:
        other = Thread(target=work.do, args=(job,)) if len(job.cells) == 1 else Thread()
        other.start()
        done = super().compute(work, job)
        other.join()
        return done


class TellsTwice(InTurn):
    """Says twice what came of a job."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        for done in super().run(work, watcher):
            yield from (done, done)


class ChildFirst(InTurn):
    """Begins with a job that stands on another."""

    def order(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        child = next((job for job in jobs if len(job.inputs) == 1 and len(jobs) == 6), None)
        return jobs if child is None else (child, *(job for job in jobs if job is not child))


class Backwards(InTurn):
    """Computes three cells in the wrong order."""

    def compute(self, work: Work, job: Job) -> Done:
        if len(job.cells) != 3:
            return super().compute(work, job)
        done = super().compute(work, replace(job, cells=job.cells[::-1]))
        return replace(done, cells=done.cells[::-1])


class HidesErrors(InTurn):
    """Says of cells that failed that they are done."""

    def say(self, done: Done) -> Done:
        return replace(done, cells=(DONE,) * len(done.cells))


class TriesAgain(InTurn):
    """Tries what failed a second time."""

    def compute(self, work: Work, job: Job) -> Done:
        done = super().compute(work, job)
        return done if set(done.cells) <= {DONE} else super().compute(work, job)


class ManyLines(InTurn):
    """Gives an error as it comes."""

    def say(self, done: Done) -> Done:
        return replace(done, error=done.error.replace(" ", "\n"))


class RaisesAgain(InTurn):
    """Tries a job that raised a second time."""

    def compute(self, work: Work, job: Job) -> Done:
        done = super().compute(work, job)
        return super().compute(work, job) if done.error else done


class StopsAtAnError(InTurn):
    """Begins nothing after a cell that failed."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        failed = False
        for job in work.jobs:
            if failed and job.id != "f":
                yield Done(job.id, error="something failed before")
                continue
            watcher.cell(job.name)
            done = work.do(job)
            failed = failed or bool(set(done.cells) - {DONE})
            yield done


class WantsWork(InTurn):
    """Asks for the longest job, and there is none."""

    def order(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        max(len(job.cells) for job in jobs)
        return jobs


class Silent(InTurn):
    """Tells the watcher nothing."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        return super().run(work, Watcher())


class TellsTheEnd(InTurn):
    """Counts for the caller, who counts as well."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        for done in super().run(work, watcher):
            watcher.done()
            yield done


class GivesUp(Forks):
    """Takes a worker that is lost for a job that failed."""

    def hands(self) -> ForkingHands:
        return _Giving(self.workers)


class _Giving(ForkingHands):
    def replies(self, seconds: float) -> Iterable[Reply]:
        for reply in super().replies(seconds):
            yield replace(reply, lost=False, error="the worker is lost") if reply.lost else reply


class RunsOn(InTurn):
    """Does the rest when it is closed."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        left = list(work.jobs)
        try:
            for done in super().run(work, watcher):
                left = [job for job in left if job.id != done.job]
                yield done
        finally:
            for job in left:
                self.compute(work, job)


class HalfAsPrecise(InTurn):
    """Computes in sixteen bits where the caller's are thirty-two."""

    def compute(self, work: Work, job: Job) -> Done:
        with torch.autocast("cpu", torch.bfloat16):
            return super().compute(work, job)


class CannotPickle(InTurn):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open connection")


class HiddenState(InTurn):
    """What it says of an error depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", next(made))

    def say(self, done: Done) -> Done:
        return replace(done, cells=(*done.cells, "x" * self.count)) if done.error else done  # type: ignore[attr-defined]


VIOLATORS = (
    violator("every-job-once", LosesACell(), "errors-told", "as-serial"),
    violator("every-job-once", TwiceAtOnce()),
    violator("every-job-once", TellsTwice()),
    violator("inputs-first", ChildFirst()),
    violator("cells-in-order", Backwards()),
    violator("answers-told", HidesErrors()),
    violator("answers-told", TriesAgain()),
    violator("errors-told", ManyLines()),
    violator("errors-told", RaisesAgain()),
    violator("others-go-on", StopsAtAnError()),
    violator("nothing-to-do", WantsWork()),
    violator("watcher-hears", Silent()),
    violator("watcher-hears", TellsTheEnd()),
    violator("lost-workers", GivesUp()),
    violator("stops", RunsOn()),
    violator("as-serial", HalfAsPrecise()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState(), "errors-told"),
)
