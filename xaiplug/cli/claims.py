"""`xaiplug claims [ID]`: what the papers claim, and what held here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from xaiplug.cli.options import Json
from xaiplug.cli.output import FAILED, refuse, table
from xaiplug.cli.progress import watcher
from xaiplug.errors import XaiplugError

if TYPE_CHECKING:
    from xaiplug.claims.gather import Paper
    from xaiplug.claims.judged import Judged
    from xaiplug.claims.report import Told
    from xaiplug.claims.schema import Claim

    Chosen = Sequence[tuple[Paper, Claim]]


def claims(
    wanted: Annotated[str, typer.Argument(metavar="[ID]", help="One claim, and all that is known of it.")] = "",
    paper: Annotated[str, typer.Option(help="Only those of this paper: its plug-in, or its BibTeX key.")] = "",
    run: Annotated[bool, typer.Option("--run", help="Run what decides them, and judge anew.")] = False,
    write: Annotated[
        bool, typer.Option("--write", help="Keep what --run finds beside the claims; update the documents' tables.")
    ] = False,
    as_json: Json = False,
    markdown: Annotated[bool, typer.Option("--markdown", help="Markdown tables.")] = False,
) -> None:
    """What the papers of the plug-ins claim, and which of it held here."""
    if as_json and markdown:
        refuse("one of --json and --markdown, please")
    from xaiplug.claims.gather import gather, one
    from xaiplug.claims.report import paper_table, told

    papers = gather(paper)
    chosen = [one(papers, wanted)] if wanted else [(owner, claim) for owner in papers for claim in owner.claims]
    fresh, failed = _put(chosen, write) if run else ({}, 0)
    found = told(chosen, fresh)
    if write:
        _write_pages()
    if as_json:
        plain = [each.plain() for each in found]
        typer.echo(json.dumps(plain[0] if wanted else plain, allow_nan=False))
    elif markdown:
        typer.echo("\n\n".join(paper_table([each for each in found if each.paper is owner]) for owner in papers))
    elif wanted:
        _show(found[0])
    else:
        rows = [(each.claim.id, each.claim.where, each.judged.verdict, each.why) for each in found]
        table(("claim", "where", "verdict", "why"), rows)
    if failed:
        raise typer.Exit(FAILED)


def _put(chosen: Chosen, write: bool) -> tuple[dict[str, Judged], int]:
    """Verdicts of what could be run, and how many could not; each is kept as soon as it is there."""
    from xaiplug.claims.judged import keep
    from xaiplug.claims.run import put

    fresh: dict[str, Judged] = {}
    failed = 0
    for owner, claim in chosen:
        bar = watcher()
        try:
            fresh[claim.id] = put(owner, claim, bar)
        except XaiplugError as error:
            failed += 1
            typer.echo(f"{claim.id}: {error}", err=True)
            continue
        finally:
            bar.close()
        if write and claim.run is not None:
            keep(owner, {claim.id: fresh[claim.id]})
    return fresh, failed


def _write_pages() -> None:
    from xaiplug.claims.gather import gather
    from xaiplug.claims.report import filled, pages, told

    papers = gather()
    found = told([(owner, claim) for owner in papers for claim in owner.claims], {})
    for path in pages(papers, Path.cwd()):
        before = path.read_text("utf-8")
        if (after := filled(before, found)) != before:
            path.write_text(after, "utf-8")
            typer.echo(f"{path}: written", err=True)


def _show(one: Told) -> None:
    """All of one claim, a line each."""
    plain = one.plain()
    choices = plain.pop("choices")
    rows = [(name, value if isinstance(value, str) else json.dumps(value)) for name, value in plain.items()]
    rows += [(name, " / ".join(names)) for name, names in choices.items() if names]
    table(("", ""), [(name, value) for name, value in rows if value not in ("", "null", "{}")])
