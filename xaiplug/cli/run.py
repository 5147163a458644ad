"""`xaiplug run FILE`: everything that is missing, then the leaderboard and the report."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from xaiplug.cli.options import Json, RunFile, Settings
from xaiplug.cli.output import FAILED, table
from xaiplug.cli.progress import watcher

if TYPE_CHECKING:
    from xaiplug.run import Outcome


def run(
    file: RunFile,
    settings: Settings = None,
    engine: Annotated[str | None, typer.Option(help="Where cells are computed; as engine.use of the run file.")] = None,
    as_json: Json = False,
) -> None:
    """Run a study. Running it again does only what is missing."""
    from xaiplug.config import load
    from xaiplug.run import execute

    asked = [f"engine.use={engine}"] if engine else []
    config = load(file, [*asked, *(settings or ())])
    bar = watcher()
    try:
        outcome = execute(config, bar)
    finally:
        bar.close()
    if as_json:
        typer.echo(json.dumps(outcome.plain()))
    else:
        _show(outcome)
    if not outcome.ok:
        raise typer.Exit(FAILED)


def _show(outcome: Outcome) -> None:
    from xaiplug.run.leaderboard import leaderboard

    columns, rows = leaderboard(outcome.folder)
    if rows:
        table(columns, rows, header=True)
    for line in (*(f"stale: {stale}" for stale in outcome.stale), *outcome.damaged):
        typer.echo(line, err=True)
    for skip in outcome.skipped:
        typer.echo(f"skipped: {skip.what}: {skip.why}", err=True)
    if outcome.failures:
        _show_failures(outcome)
        typer.echo(f"why, in full: {outcome.folder / 'failed'}; the same command tries again", err=True)
    if outcome.report_error:
        typer.echo(outcome.report_error, err=True)
    done = f"{outcome.done} cells done, {outcome.cached} were there, {len(outcome.failures)} failed"
    typer.echo(f"{outcome.name}: {done}", err=True)
    typer.echo(f"results: {outcome.results}")
    for path in outcome.views:
        typer.echo(f"report: {path}")


def _show_failures(outcome: Outcome) -> None:
    """A line for each error, however many cells it struck."""
    errors: dict[str, list[tuple[str, int]]] = {}
    for failure in outcome.failures:
        errors.setdefault(failure.error, []).append((failure.cell, failure.waiting))
    for error, cells in errors.items():
        more = f" and {len(cells) - 1} more" if len(cells) > 1 else ""
        waiting = sum(count for _, count in cells)
        typer.echo(
            f"failed: {cells[0][0]}{more}: {error}" + (f" ({waiting} cells wait for it)" if waiting else ""), err=True
        )
