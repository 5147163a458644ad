"""What all commands share: exit codes, errors without a traceback, tables for people and for programs."""

from __future__ import annotations

import functools
import sys
from collections.abc import Callable, Iterable, Sequence
from typing import Any, NoReturn, TypeVar

import typer

from xaiplug.cli.ending import Terminated, terminable
from xaiplug.errors import XaiplugError

FAILED = 1
REFUSED = 2
INTERRUPTED = 130
TERMINATED = 143

Command = TypeVar("Command", bound=Callable[..., Any])


def guarded(command: Command) -> Command:
    """A command whose errors are one message on stderr and an exit code."""

    @functools.wraps(command)
    def guard(*args: Any, **options: Any) -> Any:
        try:
            with terminable():
                return command(*args, **options)
        except XaiplugError as error:
            refuse(str(error))
        except KeyboardInterrupt as end:
            told, code = ("terminated", TERMINATED) if isinstance(end, Terminated) else ("interrupted", INTERRUPTED)
            typer.echo(f"{told}; what is finished is kept, the same command goes on from there", err=True)
            raise typer.Exit(code) from None
        except BrokenPipeError:  # `xaiplug list | head`
            sys.stderr.close()
            raise typer.Exit(0) from None
        except OSError as error:  # a full disk, a file that went away
            where = f"{error.filename}: " if error.filename else ""
            refuse(f"{where}{error.strerror or error}; what is finished is kept", FAILED)

    return guard  # type: ignore[return-value]


def refuse(message: str, code: int = REFUSED) -> NoReturn:
    """Say why on stderr, and stop."""
    for line in message.splitlines():
        typer.echo(line, err=True)
    raise typer.Exit(code)


def on_terminal() -> bool:
    """Whether stdout is a terminal; if not, output is plain: a record a line, tab-separated, no colour."""
    return sys.stdout is not None and sys.stdout.isatty()


def table(columns: Sequence[str], rows: Iterable[Sequence[Any]], *, header: bool = False) -> None:
    """Rows for people (a table) or for programs (tab-separated, the columns' names only with `header`)."""
    texts = [["" if cell is None else str(cell) for cell in row] for row in rows]
    if not on_terminal():
        for row in [list(columns), *texts] if header else texts:
            typer.echo("\t".join(" ".join(cell.split()) for cell in row))
        return
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, header_style="bold", show_header=any(columns))
    for column in columns:
        drawn.add_column(column, overflow="fold", no_wrap=column in ("kind", "name", "plugin", "field"))
    for row in texts:
        drawn.add_row(*(Text(cell) for cell in row))
    Console().print(drawn)
