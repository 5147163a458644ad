"""`xaiplug new-plugin NAME`: a complete wheel to start from."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated

import typer

from xaiplug.cli.output import refuse
from xaiplug.cli.template import files_of
from xaiplug.errors import did_you_mean, listing
from xaiplug.hookspecs import KINDS


def new_plugin(
    name: Annotated[str, typer.Argument(help="Of the plug-in and its component: my-method", show_default=False)],
    kind: Annotated[str, typer.Option(help=", ".join(KINDS))] = "explainer",
    output: Annotated[Path | None, typer.Option(help="Folder to make; default NAME in the working directory.")] = None,
) -> None:
    """Write an installable plug-in: a component, its entry point, its conformance test, a README."""
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        proposed = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-0123456789") or "my-method"
        refuse(f"'{name}' is no plug-in name: small letters, digits and single dashes, as in '{proposed}'")
    if kind not in KINDS:
        refuse(f"unknown kind '{kind}'{did_you_mean(kind, KINDS)} (kinds: {listing(KINDS)})")
    folder = output or Path(name)
    if folder.exists():
        refuse(f"{folder} exists and is left as it is; choose another name or --output")
    _refuse_taken(kind, name)
    try:
        for path, text in files_of(name, kind).items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_text(text, encoding="utf-8")
    except OSError as error:
        refuse(f"cannot write {folder}: {error.strerror or error}")
    typer.echo(f"{folder}: a new {kind}")
    typer.echo(f"next: pip install -e {folder} && xaiplug list {KINDS[kind].plural} {name} && xaiplug check {name}")


def _refuse_taken(kind: str, name: str) -> None:
    """A name that is offered already would have to be written in full everywhere."""
    from xaiplug.registry import registry
    from xaiplug.registry.homes import home_of

    offered = [entry.plugin.distribution for entry in registry().of_kind(kind) if entry.spec.name == name]
    owner = offered[0] if offered else home_of(kind, name)
    if owner is not None:
        refuse(f"{kind} '{name}' is offered by {owner}; choose another name")
