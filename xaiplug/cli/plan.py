"""`xaiplug plan FILE`: the cells that a run would compute, and what does not fit."""

from __future__ import annotations

import json

import typer

from xaiplug.cli.options import Json, RunFile, Settings
from xaiplug.cli.output import on_terminal, table


def plan(file: RunFile, settings: Settings = None, as_json: Json = False) -> None:
    """Show what a run file asks for; after a run, also what makes its cells stale.

    Nothing is trained, and no model is loaded before the first run.
    """
    from xaiplug.config import load
    from xaiplug.run import plan_of
    from xaiplug.run.planfile import stale_in
    from xaiplug.run.workspace import Workspace

    config = load(file, settings or ())
    workspace = Workspace(config, trains=False)
    found = plan_of(config, workspace)
    stale = stale_in(workspace, found)
    skipped = [{"what": skip.what, "why": skip.why} for skip in found.skipped]
    if as_json:
        cells = [cell.plain() | {"name": cell.name} for cell in found.cells]
        why = [{"why": one.why, "cells": one.cells} for one in stale]
        typer.echo(json.dumps({"cells": cells, "skipped": skipped, "stale": why}))
        return
    columns = ("kind", "model", "data", "explainer", "segmenter", "baseline", "references", "imputer", "metric", "seed")
    table(columns, ([getattr(cell, column) for column in columns] for cell in found.cells))
    for skip in found.skipped:
        typer.echo(f"skipped\t{skip.what}\t{skip.why}" if not on_terminal() else f"skipped: {skip.what}: {skip.why}")
    for one in stale:
        typer.echo(f"stale: {one}" if on_terminal() else f"stale\t{one.why}\t{one.cells}")
    if on_terminal():
        kinds = dict.fromkeys(cell.kind for cell in found.cells)
        typer.echo(f"{len(found.cells)} cells: " + ", ".join(f"{found.count(kind)} {kind}" for kind in kinds))
