"""Checks of engines."""

from __future__ import annotations

import os
import time
from itertools import pairwise

from xaiplug.errors import listing, one_line
from xaiplug.kinds import Engine, Job
from xaiplug.kinds.engine import DONE, FAILED
from xaiplug.testing.acts import failure
from xaiplug.testing.engine.scenes import BROKEN, JOBS, LOST, Heard, lines, run, work
from xaiplug.testing.engine.study import expected, studied
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.types import Check, Skip, Violation, check


@check("every-job-once")
def every_job_once(engine: Engine) -> None:
    """Every job is told once, with what came of its cells, and each of its cells is computed once."""
    ran = run(engine)
    for job in JOBS:
        told = [done for done in ran.told if done.job == job.id]
        if len(told) != 1 or told[0].error or told[0].cells != (DONE,) * len(job.cells):
            raise Violation(f"nothing fails, and of job '{job.id}' it told {told or 'nothing'}")
        for cell in job.cells:
            begun, ended = ran.begun.count(cell), sum(line[:2] == ("end", cell) for line in ran.lines)
            if (begun, ended) != (1, 1):
                raise Violation(f"cell {cell} of job '{job.id}' began {begun} times and ended {ended} times")


@check("inputs-first")
def inputs_first(engine: Engine) -> None:
    """No job begins before the jobs that it stands on have ended."""
    ran, jobs = run(engine), {job.id: job for job in JOBS}
    for job in JOBS:
        begun = ran.place("begin", job.cells[0])
        for wanted in job.inputs:
            ended = ran.place("end", jobs[wanted].cells[-1])
            if begun is not None and (ended is None or ended > begun):
                raise Violation(f"job '{job.id}' began before job '{wanted}' had ended, and stands on it")


@check("cells-in-order")
def cells_in_order(engine: Engine) -> None:
    """Cells of a job are computed in their order, one after the other, in one process."""
    ran = run(engine)
    for job in JOBS:
        if len({process for _, cell, process in ran.lines if cell in job.cells}) > 1:
            raise Violation(f"cells of job '{job.id}' were computed in several processes")
        for one, other in pairwise(job.cells):
            ended, begun = ran.place("end", one), ran.place("begin", other)
            if ended is not None and begun is not None and begun < ended:
                raise Violation(f"cell {other} began before cell {one} of the same job had ended")


@check("answers-told")
def answers_told(engine: Engine) -> None:
    """What came of cells is told as it was answered, also where cells failed; and what failed is not tried again."""
    ran = run(engine, BROKEN)
    told, message = ran.of("b"), f"{FAILED}: {one_line(failure('b2'))}"
    if told is None or told.error or told.cells != (DONE, message, DONE):
        raise Violation(f"cell b2 of b1, b2, b3 failed, and it told {told}; the answer was {(DONE, message, DONE)}")
    if (count := ran.begun.count("b2")) != 1:
        raise Violation(f"cell b2 failed, and was begun {count} times; it fails each time")


@check("errors-told")
def errors_told(engine: Engine) -> None:
    """An error that leaves a job without an answer is told in one line, and the job is not tried again."""
    ran = run(engine, BROKEN)
    told, message = ran.of("f"), one_line(failure("f2"))
    if told is None or told.cells or told.error != message:
        raise Violation(f"job 'f' raised, and it told {told}; its error in one line is {message!r}")
    if (count := ran.begun.count("f2")) != 1:
        raise Violation(f"job 'f' raised, and was begun {count} times; it raises each time")


@check("others-go-on")
def others_go_on(engine: Engine) -> None:
    """All other jobs are done, also those that stand on one in which a cell failed: cells know what they read."""
    ran = run(engine, BROKEN)
    for job in JOBS:
        told = ran.of(job.id)
        if job.id not in ("b", "f") and (told is None or told.error or not set(job.cells) <= set(ran.begun)):
            raise Violation(f"cells of jobs 'b' and 'f' failed, and of job '{job.id}' it told {told}")


@check("nothing-to-do")
def nothing_to_do(engine: Engine) -> None:
    """Without jobs it ends at once and tells nothing."""
    ran = run(engine, jobs=())
    if ran.told or ran.heard.names:
        raise Violation(f"there are no jobs, and it told {ran.told or ran.heard.names}")


@check("watcher-hears")
def watcher_hears(engine: Engine) -> None:
    """`watcher.cell` hears the name of each job that begins, once; start and end are not the engine's to tell."""
    for ran in (run(engine), run(engine, BROKEN)):
        names = sorted(job.name for job in JOBS if job.cells[0] in ran.begun)
        if sorted(ran.heard.names) != names:
            raise Violation(f"{listing(names)} began, and the watcher heard {listing(ran.heard.names)}")
        if ran.heard.others:
            raise Violation(f"it called watcher.{ran.heard.others[0]}, which the caller does")


@check("lost-workers")
def lost_workers(engine: Engine) -> None:
    """Where a process is killed, its job is done again, and all jobs are told as if nothing had been."""
    if os.getpid() in run(engine).processes:
        raise Skip("it computes in this process")
    ran = run(engine, LOST)
    for job in JOBS:
        told = [done for done in ran.told if done.job == job.id]
        if len(told) != 1 or told[0].error or told[0].cells != (DONE,) * len(job.cells):
            raise Violation(f"processes were killed, and of job '{job.id}' it told {told or 'nothing'}")


@check("stops")
def stops(engine: Engine) -> None:
    """When it is closed, as Ctrl-C does, no further job begins."""
    chain = [Job(f"j{n}", (f"j{n}",), (f"j{n - 1}",) if n else (), name=f"job j{n}") for n in range(8)]
    with work(chain) as given:
        told = engine.run(given, Heard())
        next(told)
        told.close()  # type: ignore[attr-defined]
        before = len(lines(given))
        time.sleep(0.1)
        more = len(lines(given)) - before
        if before > 12 or more > 2:
            raise Violation(f"it was closed after the first of 8 jobs, and {(before + more) // 2} were done")


@check("as-serial")
def as_serial(engine: Engine) -> None:
    """The results of a study are equal to those of a serial run, to the byte."""
    told, results = studied(engine)
    for done in told:
        if done.error or set(done.cells) != {DONE}:
            raise Violation(f"all cells of the kit's study can be computed, and of job '{done.job}' it told {done}")
    if results != expected():
        raise Violation("results.parquet of the kit's study is not that of a serial run")


CHECKS: tuple[Check, ...] = (
    every_job_once,
    inputs_first,
    cells_in_order,
    answers_told,
    errors_told,
    others_go_on,
    nothing_to_do,
    watcher_hears,
    lost_workers,
    stops,
    as_serial,
    *COMMON,
)
