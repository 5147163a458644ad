"""`xaiplug audit STUDY`: can its rankings be trusted?"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xaiplug.cli.options import Json, Run, Settings, folder_of
from xaiplug.cli.output import refuse
from xaiplug.cli.progress import watcher

if TYPE_CHECKING:
    from xaiplug.audit.vary import Done

UNITS = {"": 1, "s": 1, "m": 60, "h": 3600}
BUDGET = "5m"


def audit(
    study: Run,
    budget: Annotated[
        str | None, typer.Option(help=f"Time for other choices, as 90s, 5m, 2h. A run file: {BUDGET}; a folder: 0.")
    ] = None,
    settings: Settings = None,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown tables.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="The verdicts as CSV.")] = False,
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX tables.")] = False,
) -> None:
    """How stable a study's rankings are, which metrics agree and see, and which claims hold.

    With a budget, the study is done again under other baselines, imputers, segmenters, readings of the map, steps,
    scales and seeds, and with controls; without, it is taken as it was run. The page audit.html is written beside it.
    """
    if as_json + markdown + csv + latex > 1:
        refuse("one of --json, --markdown, --csv and --latex, please")
    seconds = _seconds(budget if budget is not None else BUDGET if study.is_file() else "0")
    from xaiplug.audit import text
    from xaiplug.audit.audit import audit as audited
    from xaiplug.audit.page import write_page
    from xaiplug.audit.reading import tables_of
    from xaiplug.run.store import Store

    done = _varied(study, seconds, settings or []) if seconds else None
    store = done.store if done else Store(folder_of(study))
    tables, reasons = tables_of(store, done.choices if done else ())
    found = audited(tables, [*(done.notes if done else ()), *reasons])
    page = write_page(store, tables, found)
    if as_json:
        typer.echo(json.dumps(found.plain(), allow_nan=False))
    elif csv or markdown or latex:
        typer.echo((text.as_csv if csv else text.markdown if markdown else text.latex)(found), nl=False)
    else:
        typer.echo(text.terminal(found))
        typer.echo(f"page: {page}")


def _varied(study: Path, seconds: float, settings: list[str]) -> Done:
    from xaiplug.audit.vary import vary
    from xaiplug.config import load
    from xaiplug.run.planfile import RUN, read_root

    if study.is_file():
        config = load(study, settings)
    else:
        folder = folder_of(study)
        config = load(folder / RUN, (f"outputs.dir={folder}", *settings), root=read_root(folder))
    bar = watcher()
    try:
        return vary(config, seconds, bar, lambda line: typer.echo(line, err=True))
    finally:
        bar.close()


def _seconds(text: str) -> float:
    """`90s`, `5m`, `2h`, or seconds alone."""
    found = re.fullmatch(r"([0-9]+(?:\.[0-9]+)?)([smh]?)", text.strip())
    if found is None:
        refuse(f"--budget {text}: expected a time, as 90s, 5m or 2h")
    return float(found[1]) * UNITS[found[2]]
