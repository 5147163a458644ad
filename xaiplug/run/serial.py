"""The engine of the core: one job after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator

from xaiplug.errors import one_line
from xaiplug.kinds import Done, Engine, Watcher, Work


class Serial(Engine):
    """One job after the other, in this process."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        lost: dict[str, str] = {}  # job that cannot be done -> the failed job that it stands on
        for job in work.jobs:
            waits_for = next((lost[wanted] for wanted in job.inputs if wanted in lost), "")
            error = ""
            if not waits_for:
                watcher.cell(job.name)
                try:
                    for cell in job.cells:
                        work.compute(cell)
                except Exception as reason:
                    error = one_line(reason)
            if waits_for or error:
                lost[job.id] = waits_for or job.id
            yield Done(job.id, error, waits_for)
