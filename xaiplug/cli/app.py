"""All commands of `xaiplug` in the order of `--help`."""

from __future__ import annotations

from typing import Annotated

import typer

from xaiplug.cli.check import check
from xaiplug.cli.list_ import list_components
from xaiplug.cli.new_plugin import new_plugin
from xaiplug.cli.output import guarded
from xaiplug.cli.plan import plan
from xaiplug.cli.report import report
from xaiplug.cli.run import run
from xaiplug.cli.status import status
from xaiplug.cli.train import train
from xaiplug.cli.validate import validate

app = typer.Typer(
    help="Explain vision models with plug-ins, and defend the explanation.",
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("list")(guarded(list_components))
app.command("validate")(guarded(validate))
app.command("plan")(guarded(plan))
app.command("run")(guarded(run))
app.command("status")(guarded(status))
app.command("report")(guarded(report))
app.command("check")(guarded(check))
app.command("train", context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(guarded(train))
app.command("new-plugin")(guarded(new_plugin))


@app.callback()
def root(
    version: Annotated[bool, typer.Option("--version", help="Show the version and stop.", is_eager=True)] = False,
) -> None:
    if version:
        from xaiplug import __version__

        typer.echo(__version__)
        raise typer.Exit
