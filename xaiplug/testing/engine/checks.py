"""Checks of engines."""

from __future__ import annotations

from itertools import pairwise

from xaiplug.errors import listing
from xaiplug.kinds import Engine
from xaiplug.testing.engine.scenes import BROKEN, FAILURE, JOBS, run
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.types import Check, Violation, check

STANDING = ("d", "e")
"""The jobs that stand on the broken one."""


@check("every-job-once")
def every_job_once(engine: Engine) -> None:
    """Every job is told once, without an error, and each of its cells is computed once."""
    ran = run(engine)
    for job in JOBS:
        told = [done for done in ran.told if done.job == job.id]
        if len(told) != 1 or told[0].error or told[0].waits_for:
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
    """Cells of a job are computed in their order, one after the other, in one process; none after one that failed."""
    ran = run(engine)
    for job in JOBS:
        lines = [line for line in ran.lines if line[1] in job.cells]
        if len({process for *_, process in lines}) > 1:
            raise Violation(f"cells of job '{job.id}' were computed in several processes")
        for one, other in pairwise(job.cells):
            ended, begun = ran.place("end", one), ran.place("begin", other)
            if ended is not None and begun is not None and begun < ended:
                raise Violation(f"cell {other} began before cell {one} of the same job had ended")
    begun_cells = [cell for cell in run(engine, failing=BROKEN).begun if cell in JOBS[1].cells]
    if begun_cells != ["b1", "b2"]:
        raise Violation(f"cell b2 of b1, b2, b3 fails, and of its job began {', '.join(begun_cells) or 'nothing'}")


@check("errors-told")
def errors_told(engine: Engine) -> None:
    """A job that fails is told with its message in one line."""
    told = run(engine, failing=BROKEN).of("b")
    if told is None or not told.error:
        raise Violation(f"job 'b' failed, and it told {told}")
    if "\n" in told.error or FAILURE not in told.error:
        raise Violation(
            f"job 'b' failed with {FAILURE!r}, and its error is {told.error!r}; use xaiplug.errors.one_line"
        )
    if told.waits_for:
        raise Violation(f"job 'b' failed by itself, and is said to wait for '{told.waits_for}'")


@check("what-stands-on-it")
def what_stands_on_it(engine: Engine) -> None:
    """A job that stands on a failed one, near or far, is not begun, and told as waiting for that one."""
    ran = run(engine, failing=BROKEN)
    for job in STANDING:
        if f"{job}1" in ran.begun:
            raise Violation(f"job '{job}' was begun, and stands on job 'b', which failed")
        told = ran.of(job)
        if told is None or told.waits_for != "b" or told.error:
            raise Violation(f"job '{job}' waits for the failed job 'b', and it told {told}")


@check("others-go-on")
def others_go_on(engine: Engine) -> None:
    """Jobs that do not stand on a failed one are done all the same."""
    ran = run(engine, failing=BROKEN)
    for job in JOBS:
        told = ran.of(job.id)
        done = told is not None and not (told.error or told.waits_for) and set(job.cells) <= set(ran.begun)
        if job.id not in ("b", *STANDING) and not done:
            raise Violation(f"job '{job.id}' has nothing to do with job 'b', which failed; it told {told}")


@check("nothing-to-do")
def nothing_to_do(engine: Engine) -> None:
    """Without jobs it ends at once and tells nothing."""
    ran = run(engine, ())
    if ran.told or ran.heard.names:
        raise Violation(f"there are no jobs, and it told {ran.told or ran.heard.names}")


@check("watcher-hears")
def watcher_hears(engine: Engine) -> None:
    """`watcher.cell` hears the name of each job that begins, once; start and end are not the engine's to tell."""
    for failing in ((), BROKEN):
        ran = run(engine, failing=failing)
        names = sorted(job.name for job in JOBS if job.cells[0] in ran.begun)
        if sorted(ran.heard.names) != names:
            raise Violation(f"{listing(names)} began, and the watcher heard {listing(ran.heard.names)}")
        if ran.heard.others:
            raise Violation(f"it called watcher.{ran.heard.others[0]}, which the caller does")


CHECKS: tuple[Check, ...] = (
    every_job_once,
    inputs_first,
    cells_in_order,
    errors_told,
    what_stands_on_it,
    others_go_on,
    nothing_to_do,
    watcher_hears,
    *COMMON,
)
