"""`xaiplug report RUN`: the HTML report again, of what is finished."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xaiplug.cli.output import refuse


def report(
    run: Annotated[Path, typer.Argument(help="A run's folder, or its run file.", show_default=False)],
) -> None:
    """Write report.html of a run, finished or not."""
    from xaiplug.run.collect import collect
    from xaiplug.run.execute import report as write
    from xaiplug.run.planfile import PLAN
    from xaiplug.run.store import Store

    folder = run
    if run.is_file():
        from xaiplug.config import load

        folder = load(run).folder
    if not (folder / PLAN).is_file():
        refuse(f"nothing was run in {folder}; run it first: xaiplug run FILE")
    collect(Store(folder))
    typer.echo(f"report: {write(folder)}")
