"""The engine of the core: one job after the other, in this process."""

from __future__ import annotations

from collections.abc import Iterator

from xaiplug.kinds import Done, Engine, Watcher, Work


class Serial(Engine):
    """One job after the other, in this process."""

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        for job in work.jobs:
            watcher.cell(job.name)
            yield work.do(job)
