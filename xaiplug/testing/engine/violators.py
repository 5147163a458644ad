"""Broken engines."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Thread

from xaiplug.kinds import Done, Job, Watcher, Work
from xaiplug.testing.engine.examples import InTurn
from xaiplug.testing.shared.violator import made, violator


class LosesACell(InTurn):
    """Leaves out the last of two cells."""

    def compute(self, work: Work, job: Job) -> None:
        for cell in job.cells[:1] if len(job.cells) == 2 else job.cells:
            work.compute(cell)


class TwiceAtOnce(InTurn):
    """Gives a job of one cell to two workers."""

    def compute(self, work: Work, job: Job) -> None:
        other = Thread(target=work.compute, args=job.cells) if len(job.cells) == 1 else Thread()
        other.start()
        super().compute(work, job)
        other.join()


class TellsTwice(InTurn):
    """Says of the first job twice that it is done."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        for place, done in enumerate(super().run(work, watcher)):
            yield done
            if not place:
                yield done


class ChildFirst(InTurn):
    """Begins with the first job that stands on one other."""

    def order(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        child = next((job for job in jobs if len(job.inputs) == 1), None)
        return jobs if child is None else (child, *(job for job in jobs if job is not child))


class Backwards(InTurn):
    """Computes two cells in the wrong order."""

    def compute(self, work: Work, job: Job) -> None:
        for cell in reversed(job.cells) if len(job.cells) == 2 else job.cells:
            work.compute(cell)


class GoesOn(InTurn):
    """Computes what is left of a job that has failed."""

    def compute(self, work: Work, job: Job) -> None:
        try:
            super().compute(work, job)
        except Exception:
            work.compute(job.cells[-1])
            raise


class HidesErrors(InTurn):
    """Keeps the message to itself."""

    def say(self, job: Job, error: str, waits_for: str) -> Done:
        return Done(job.id, "", waits_for)


class ManyLines(InTurn):
    """Gives the message as it comes."""

    def say(self, job: Job, error: str, waits_for: str) -> Done:
        return Done(job.id, error.replace(" ", "\n"), waits_for)


class BeginsAnyway(InTurn):
    """Begins what stands on a failed job, and then says that it waits for it."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        jobs = {job.id: job for job in work.jobs}
        for done in super().run(work, watcher):
            if done.waits_for:
                self.attempt(work, jobs[done.job], watcher)
            yield done


class NamesTheNext(InTurn):
    """Names the job that a job stands on, which itself was not begun, in place of the one that failed."""

    def lost_input(self, job: Job, lost: dict[str, str]) -> str:
        return next((wanted for wanted in job.inputs if wanted in lost), "")


class StopsAtAnError(InTurn):
    """Begins nothing after an error."""

    def lost_input(self, job: Job, lost: dict[str, str]) -> str:
        return next(iter(lost.values()), "")


class WantsWork(InTurn):
    """Asks for the longest job, and there is none."""

    def order(self, jobs: tuple[Job, ...]) -> tuple[Job, ...]:
        max(len(job.cells) for job in jobs)
        return jobs


class Silent(InTurn):
    """Tells the watcher nothing."""

    def attempt(self, work: Work, job: Job, watcher: Watcher) -> str:
        return super().attempt(work, job, _Deaf())


class _Deaf:
    def start(self, total: int) -> None: ...

    def cell(self, name: str) -> None: ...

    def done(self) -> None: ...


class TellsTheEnd(InTurn):
    """Counts for the caller, who counts as well."""

    def attempt(self, work: Work, job: Job, watcher: Watcher) -> str:
        error = super().attempt(work, job, watcher)
        watcher.done()
        return error


class CannotPickle(InTurn):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open connection")


class HiddenState(InTurn):
    """What it says of an error depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", next(made))

    def say(self, job: Job, error: str, waits_for: str) -> Done:
        return Done(job.id, error and f"{error} (engine {self.count})", waits_for)  # type: ignore[attr-defined]


VIOLATORS = (
    violator("every-job-once", LosesACell(), "others-go-on"),
    violator("every-job-once", TwiceAtOnce()),
    violator("every-job-once", TellsTwice()),
    violator("inputs-first", ChildFirst()),
    violator("cells-in-order", Backwards()),
    violator("cells-in-order", GoesOn()),
    violator("errors-told", HidesErrors()),
    violator("errors-told", ManyLines()),
    violator("what-stands-on-it", BeginsAnyway()),
    violator("what-stands-on-it", NamesTheNext()),
    violator("others-go-on", StopsAtAnError()),
    violator("nothing-to-do", WantsWork()),
    violator("watcher-hears", Silent()),
    violator("watcher-hears", TellsTheEnd()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
