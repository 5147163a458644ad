"""`xaiplug report RUN`: the views again, of what is finished."""

from __future__ import annotations

from typing import Annotated

import typer

from xaiplug.cli.options import Run, folder_of


def report(
    run: Run,
    view: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A view in place of the run file's; may be repeated.")
    ] = None,
) -> None:
    """Write the views of a run, finished or not: report.html unless the run file or --view says otherwise."""
    from xaiplug.run.collect import collect
    from xaiplug.run.execute import report as write
    from xaiplug.run.store import Store

    folder = folder_of(run)
    collect(Store(folder))
    for path in write(folder, views=view or ()):
        typer.echo(f"report: {path}")
