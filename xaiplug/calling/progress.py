"""How far a long `explain` got, where somebody looks: nothing for two seconds, then one line that goes away again."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from torch import Tensor, nn

from xaiplug.model.adapter import Model

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, TaskID

PATIENCE = 2.0
"""Seconds before anything is shown."""


@contextmanager
def telling(model: Model, name: str, console: Console | None = None) -> Iterator[None]:
    """While the block runs, count the rows that go through the model; how many there will be, nobody knows.

    Args:
        name: of what runs.
        console: where to; default stderr, or the notebook. One that nobody watches (a file, a pipe) gets nothing.
    """
    line = _Line(name, console)
    handle = model.module.get_submodule("logits").register_forward_hook(line.count)
    try:
        yield
    finally:
        handle.remove()
        line.close()


class _Line:
    """The line, once there is one."""

    def __init__(self, name: str, console: Console | None) -> None:
        self.name, self.console = name, console
        self.rows, self.begun = 0, time.monotonic()
        self._progress: Progress | None = None
        self._task: TaskID | None = None
        self._silent = False

    def count(self, module: nn.Module, inputs: tuple[Any, ...], output: Any) -> None:
        """A forward hook."""
        self.rows += len(output) if isinstance(output, Tensor) and output.ndim else 0
        if self._silent or time.monotonic() - self.begun < PATIENCE:
            return
        if self._progress is None:
            self._open()
        elif self._task is not None:
            self._progress.update(self._task, completed=self.rows)

    def close(self) -> None:
        if self._progress is not None:
            self._progress.stop()

    def _open(self) -> None:
        from rich.console import Console
        from rich.markup import escape
        from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        console = self.console or Console(stderr=True)
        if not (console.is_terminal or console.is_jupyter):
            self._silent = True
            return
        text = TextColumn("{task.description} · {task.completed:,.0f} forwards")
        self._progress = Progress(SpinnerColumn(), text, TimeElapsedColumn(), console=console, transient=True)
        self._progress.start()
        self._task = self._progress.add_task(escape(self.name), total=None, completed=self.rows)
