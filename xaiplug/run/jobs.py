"""Cells as jobs: those that go together are done in one go, by one process."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from xaiplug.kinds import Job
from xaiplug.run.cells import Cell


def jobs_of(plan: Mapping[str, Mapping[str, Any]], missing: Iterable[str]) -> tuple[Job, ...]:
    """The jobs of `missing` cells (in the order of the plan), inputs first.

    Scores go with the explanation that they read: it is at hand, and so is its model. Segmentations come before all
    else, so that no two workers make the same.
    """
    together: dict[str, list[str]] = {}
    for cell in missing:
        entry = plan[cell]
        together.setdefault(entry["inputs"][0] if entry["kind"] == "score" else cell, []).append(cell)
    job_of = {cell: cells[0] for cells in together.values() for cell in cells}
    jobs = [_job(plan, cells, job_of) for cells in together.values()]
    return tuple(sorted(jobs, key=lambda job: plan[job.id]["kind"] != "segment"))


def _job(plan: Mapping[str, Mapping[str, Any]], cells: list[str], job_of: Mapping[str, str]) -> Job:
    first = plan[cells[0]]
    read = dict.fromkeys(job_of[wanted] for cell in cells for wanted in plan[cell]["inputs"] if wanted in job_of)
    inputs = tuple(job for job in read if job != cells[0])
    needs = {"model": first["model"]} if first["model"] else {}
    return Job(cells[0], tuple(cells), inputs, needs, Cell.of(dict(first)).name)
