"""Every command, as its `--help` says it."""

from __future__ import annotations

import typer
from typer.testing import CliRunner

from xaiplug.cli.app import app

HEAD = """# Commands

What `xaiplug COMMAND --help` prints. Exit codes: 0 done, 1 a cell or check failed, 2 a wrong command or run file
(nothing was run), 130 interrupted. Off a terminal, output is plain: one record a line, split by tabs."""


def page() -> str:
    """A section a command."""
    names = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    return "\n\n".join([HEAD, *(f"## {name}\n\n```text\n{_help(name)}\n```" for name in names)]) + "\n"


def _help(name: str) -> str:
    return CliRunner().invoke(app, [name, "--help"], prog_name="xaiplug", env={"COLUMNS": "96"}).stdout.strip()
