"""`xaiplug audit RUN`: can its rankings be trusted?"""

from __future__ import annotations

import json
from typing import Annotated

import typer

from xaiplug.cli.options import Json, Run, folder_of
from xaiplug.cli.output import refuse


def audit(
    run: Run,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown tables.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="The verdicts as CSV.")] = False,
) -> None:
    """How stable the rankings of a finished run are, which metrics agree and see, and which claims hold."""
    if as_json + markdown + csv > 1:
        refuse("one of --json, --markdown and --csv, please")
    from xaiplug.audit import text
    from xaiplug.audit.audit import audit as audited
    from xaiplug.audit.tables import tables_of
    from xaiplug.run.store import Store

    found = audited(*tables_of(Store(folder_of(run))))
    if as_json:
        typer.echo(json.dumps(found.plain(), allow_nan=False))
    else:
        shown = text.markdown if markdown else text.as_csv if csv else text.terminal
        typer.echo(shown(found), nl=False)
