"""`xaiplug compare RUN`: differences between methods, paired by sample."""

from __future__ import annotations

from typing import Annotated

import typer

from xaiplug.cli.options import Run, folder_of
from xaiplug.cli.output import refuse


def compare(
    run: Run,
    against: Annotated[str | None, typer.Option(help="A method; every other one is compared with it.")] = None,
    pair: Annotated[
        list[str] | None, typer.Option(metavar="FIRST:SECOND", help="Two methods; may be repeated.")
    ] = None,
    metric: Annotated[list[str] | None, typer.Option(help="Only this metric; may be repeated.")] = None,
    latex: Annotated[bool, typer.Option("--latex", help="LaTeX (booktabs) in place of Markdown.")] = False,
    csv: Annotated[bool, typer.Option("--csv", help="CSV in full precision in place of Markdown.")] = False,
) -> None:
    """Mean difference of two methods on the same samples, with its 95 % bootstrap interval, as Markdown tables."""
    from xaiplug.run.collect import results
    from xaiplug.run.store import Store
    from xaiplug.view.paired import contrast_csv, contrast_latex, contrast_text, contrasts

    if against is None and not pair:
        refuse("compare what? give --against METHOD, or --pair FIRST:SECOND")
    if latex and csv:
        refuse("give --latex or --csv, not both")
    pairs = [(first, second) for first, _, second in (two.partition(":") for two in pair or ())]
    if not all(second for _, second in pairs):
        refuse("--pair wants two methods with a colon between them, such as --pair integrated-gradients:gradient")
    frame = results(Store(folder_of(run)))
    found = contrasts(frame, against=against, pairs=pairs, metrics=metric or ())
    typer.echo((contrast_latex if latex else contrast_csv if csv else contrast_text)(found), nl=False)
