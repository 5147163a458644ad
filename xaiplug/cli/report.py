"""`xaiplug report RUN`: the HTML report again, of what is finished."""

from __future__ import annotations

import typer

from xaiplug.cli.options import Run, folder_of


def report(
    run: Run,
) -> None:
    """Write report.html of a run, finished or not."""
    from xaiplug.run.collect import collect
    from xaiplug.run.execute import report as write
    from xaiplug.run.store import Store

    folder = folder_of(run)
    collect(Store(folder))
    typer.echo(f"report: {write(folder)}")
