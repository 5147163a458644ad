"""All commands of `xaiplug` in the order of `--help`."""

from __future__ import annotations

from typing import Annotated

import typer

from xaiplug.cli.audit import audit
from xaiplug.cli.check import check
from xaiplug.cli.claims import claims
from xaiplug.cli.compare import compare
from xaiplug.cli.light import Light, LightGroup
from xaiplug.cli.list_ import list_components
from xaiplug.cli.new_plugin import new_plugin
from xaiplug.cli.output import guarded
from xaiplug.cli.plan import plan
from xaiplug.cli.report import report
from xaiplug.cli.run import run
from xaiplug.cli.status import status
from xaiplug.cli.train import train
from xaiplug.cli.validate import validate

UNTOUCHED = {"allow_extra_args": True, "ignore_unknown_options": True}
"""What `train` does not know is the task's."""

app = typer.Typer(
    cls=LightGroup,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)

app.command("list", cls=Light)(guarded(list_components))
app.command("validate", cls=Light)(guarded(validate))
app.command("plan", cls=Light)(guarded(plan))
app.command("run", cls=Light)(guarded(run))
app.command("status", cls=Light)(guarded(status))
app.command("report", cls=Light)(guarded(report))
app.command("compare", cls=Light)(guarded(compare))
app.command("audit", cls=Light)(guarded(audit))
app.command("claims", cls=Light)(guarded(claims))
app.command("check", cls=Light)(guarded(check))
app.command("train", cls=Light, context_settings={"allow_extra_args": True, "ignore_unknown_options": True})(
    guarded(train)
)
app.command("new-plugin", cls=Light)(guarded(new_plugin))


def _version(wanted: bool) -> None:
    if wanted:
        from xaiplug import __version__

        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and stop.")
    ] = False,
) -> None:
    """Explain vision models with plug-ins, and defend the explanation."""
