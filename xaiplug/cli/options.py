"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xaiplug.cli.output import refuse

RunFile = Annotated[Path, typer.Argument(help="A run file (YAML).", show_default=False)]
Run = Annotated[Path, typer.Argument(help="A run's folder, or its run file.", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change the run file: --set explainers.ig.params.steps=50"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]


def folder_of(run: Path) -> Path:
    """The output folder of a `Run`; refused where nothing was run."""
    from xaiplug.run.planfile import PLAN

    folder = run
    if run.is_file():
        from xaiplug.config import load

        folder = load(run).folder
    if not (folder / PLAN).is_file():
        refuse(f"nothing was run in {folder}; run it first: xaiplug run FILE")
    return folder
