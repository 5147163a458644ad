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
    latex: Annotated[bool, typer.Option("--latex", help="Tables for a paper: --view latex.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="Tables in full precision: --view csv.")] = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Tables and what to cite: --view markdown.")] = False,
    png: Annotated[bool, typer.Option("--png", help="Curves as PDF, galleries as PNG: --view figures.")] = False,
) -> None:
    """Write the views of a run, finished or not: report.html unless the run file or --view says otherwise."""
    from xaiplug.run.collect import collect
    from xaiplug.run.execute import report as write
    from xaiplug.run.store import Store

    folder = folder_of(run)
    collect(Store(folder))
    asked = {"latex": latex, "csv": csv, "markdown": markdown, "figures": png}
    for path in write(folder, views=[*(view or ()), *(name for name, wanted in asked.items() if wanted)]):
        typer.echo(f"report: {path}")
