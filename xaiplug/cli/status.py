"""`xaiplug status FILE`: how far a run got."""

from __future__ import annotations

import json

import typer

from xaiplug.cli.options import Json, RunFile, Settings
from xaiplug.cli.output import table


def status(file: RunFile, settings: Settings = None, as_json: Json = False) -> None:
    """Count done, failed and missing cells of the last run of a file."""
    from xaiplug.config import load
    from xaiplug.run.status import status_of

    config = load(file, settings or ())
    found = status_of(config)
    if as_json:
        typer.echo(json.dumps(found.plain()))
        return
    kinds = list(dict.fromkeys(kind for counts in found.counts.values() for kind in counts))
    rows = [(state, *(counts.get(kind, 0) for kind in kinds)) for state, counts in found.counts.items()]
    table(("cells", *kinds), rows, header=True)
    for cell, error in found.failures:
        typer.echo(f"failed\t{cell}\t{error}")
    if found.note:
        typer.echo(found.note, err=True)
