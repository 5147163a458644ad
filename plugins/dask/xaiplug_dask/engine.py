"""The engine: which cluster, and whether it is worth it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from typing import Annotated

from annotated_types import Ge, Gt

from xaiplug.engines import fan_out
from xaiplug.errors import ComponentError
from xaiplug.kinds import Done, Engine, Watcher, Work
from xaiplug_dask.cluster import configured, connected, cores, gpus_here
from xaiplug_dask.hands import DaskHands


class Dask(Engine):
    """Workers of dask.distributed: processes of this machine, or of a cluster by its address."""

    workers: Annotated[int, Ge(1)] | None = None
    """Processes on this machine; default one a GPU, where there is none one a core. Of a cluster: at most so many."""
    gpus: Annotated[int, Ge(0)] | None = None
    """GPUs of this machine, one for each of the first workers; default all."""
    address: str = ""
    """A scheduler's, such as `tcp://host:8786`; default that of dask's own configuration, if any, else this machine."""
    scheduler_file: str = ""
    """The file that `dask scheduler --scheduler-file` writes, in place of an address."""
    least: Annotated[float, Ge(0)] = 10.0
    """Seconds that workers must save; what saves less the run does by itself. 0 = workers do everything."""
    patience: Annotated[float, Gt(0)] = 600.0
    """Seconds to wait for a worker while there is none, as in a queue."""

    def __post_init__(self) -> None:
        if self.address and self.scheduler_file:
            raise ComponentError("dask: give address or scheduler_file, not both")
        if self._elsewhere and self.gpus is not None:
            raise ComponentError(
                "dask: gpus are those of this machine; workers elsewhere say what they have: "
                "start them with --resources GPU=1"
            )

    @property
    def _elsewhere(self) -> bool:
        return bool(self.address or self.scheduler_file or configured())

    def worthwhile(self, seconds: float) -> bool:
        """Whether the workers save `least` of so many seconds; how many there are elsewhere is not known."""
        return seconds * (1 if self._elsewhere else 1 - 1 / self._count) >= self.least

    @property
    def _gpus(self) -> int:
        return len(gpus_here()) if self.gpus is None else self.gpus

    @property
    def _count(self) -> int:
        return self.workers or self._gpus or cores()

    def run(self, work: Work, watcher: Watcher) -> Iterator[Done]:
        if not work.jobs:
            return
        place = None if self._elsewhere else (self._count, self._gpus)
        with (
            connected(self.address, self.scheduler_file, place) as cluster,
            closing(DaskHands(cluster, work.call, self.workers)) as hands,
        ):
            yield from fan_out(work, watcher, hands, self.patience)
