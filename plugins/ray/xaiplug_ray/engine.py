"""The engine: which cluster, and whether it is worth it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

import ray
from annotated_types import Ge, Gt

from xaiplug.engines import fan_out
from xaiplug.kinds import Done, Engine, Watcher, Work
from xaiplug_ray.hands import RayHands
from xaiplug_ray.session import connected, cores


class Ray(Engine):
    """Workers of ray: processes of this machine, or of a cluster by its address."""

    workers: Annotated[int, Ge(1)] | None = None
    """Processes; default as many as there are cores, or GPUs for them. They are held until the run ends."""
    num_gpus: Annotated[float, Ge(0)] | None = None
    """GPUs of each; several share one by fractions. Default 1 where there are any."""
    address: str = ""
    """Of a cluster, `auto` or `ray://head:10001`; default ray's own `RAY_ADDRESS`, if any, else this machine."""
    least: Annotated[float, Ge(0)] = 20.0
    """Seconds that workers must save; what saves less the run does by itself. 0 = workers do everything."""
    patience: Annotated[float, Gt(0)] = 600.0
    """Seconds to wait for a worker while there is none, as while a cluster grows."""

    def worthwhile(self, seconds: float) -> bool:
        """Whether the workers save `least` of so many seconds; how many there are elsewhere is not known."""
        elsewhere = bool(self.address or os.environ.get("RAY_ADDRESS")) or ray.is_initialized()
        return seconds * (1 if elsewhere else 1 - 1 / (self.workers or cores())) >= self.least

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        if not work.jobs:
            return
        with connected(self.address, self.workers), closing(RayHands(work.call, self.workers, self.num_gpus)) as hands:
            yield from fan_out(work, watcher, hands, self.patience)
