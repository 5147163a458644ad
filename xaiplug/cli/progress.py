"""How a run shows that it goes on: one bar on a terminal, a line now and then elsewhere. Always on stderr."""

from __future__ import annotations

import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from xaiplug.kinds import Watcher

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID


class Bar(Watcher):
    """One bar for the whole run."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._task: TaskID | None = None

    def start(self, total: int) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(), TextColumn("{task.description}"))
        self._progress = Progress(*columns, console=Console(stderr=True))
        self._progress.start()
        self._task = self._progress.add_task("", total=total)

    def cell(self, name: str) -> None:
        from rich.markup import escape

        if self._progress is not None and self._task is not None:
            self._progress.update(self._task, description=escape(name))

    def done(self) -> None:
        if self._progress is not None and self._task is not None:
            self._progress.advance(self._task)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.update(self._task, description="")  # type: ignore[arg-type]
            self._progress.stop()


class Lines(Watcher):
    """A line for every tenth of the run."""

    def __init__(self) -> None:
        self._total, self._done = 0, 0

    def start(self, total: int) -> None:
        self._total = total
        self._say(f"{total} cells")

    def cell(self, name: str) -> None:
        """Nothing: only how far it got is told."""

    def done(self) -> None:
        self._done += 1
        tenths = self._done * 10 // self._total, (self._done - 1) * 10 // self._total
        if tenths[0] > tenths[1]:
            self._say(f"{self._done}/{self._total}")

    def close(self) -> None:
        """Nothing is left open."""

    def _say(self, text: str) -> None:
        with suppress(BrokenPipeError):
            print(text, file=sys.stderr, flush=True)


def watcher() -> Bar | Lines:
    """A bar where stderr is a terminal."""
    return Bar() if sys.stderr.isatty() else Lines()
