"""Arguments that several commands take."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

RunFile = Annotated[Path, typer.Argument(help="A run file (YAML).", show_default=False)]
Settings = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Change the run file: --set explainers.ig.params.steps=50"),
]
Json = Annotated[bool, typer.Option("--json", help="One JSON object on stdout, nothing else.")]
