"""`xaiplug train TASK`: train a supporting model and export it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from xaiplug.cli.list_ import list_components
from xaiplug.cli.output import refuse


def train(
    context: typer.Context,
    task: Annotated[str, typer.Argument(help="A task, e.g. decoy-mnist, or module:Class.", show_default=False)] = "",
    output: Annotated[Path | None, typer.Option(help="Folder of the model; default runs/train/TASK.")] = None,
    fold: Annotated[int | None, typer.Option(min=0, help="Which of the task's folds to leave to this model.")] = None,
    all_folds: Annotated[bool, typer.Option("--all-folds", help="One model a fold, each in its own folder.")] = False,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", metavar="NAME=VALUE", help="A parameter, as in a run file's params: --set folds=5"),
    ] = None,
    listed: Annotated[bool, typer.Option("--list", help="The tasks that there are.")] = False,
) -> None:
    """Train a task's model. Anything else on the line goes to Lightning untouched: --trainer.max_epochs=3

    All that it takes: xaiplug train TASK -- --help
    """
    from xaiplug.config.overrides import parameters
    from xaiplug.sources.tasks import task_of

    if listed:
        list_components("tasks")
        return
    if not task:
        refuse("which task? xaiplug train --list shows them")
    if all_folds and fold is not None:
        refuse("give --fold or --all-folds, not both")
    if str(Path.cwd()) not in sys.path:
        sys.path.append(str(Path.cwd()))  # where modules that are named lie
    found = task_of(task)
    folder = output or Path("runs") / "train" / task.replace(":", ".")
    params = parameters(settings or ())
    folds = found.folds(**params)
    if fold is not None and fold >= folds:
        refuse(f"task '{task}' has {folds} folds, numbered from 0; there is no fold {fold}")
    for number in range(folds) if all_folds else [fold]:
        into = folder / f"fold-{number}" if all_folds else folder
        typer.echo(f"model: {found.train(into, context.args, fold=number, **params)}")
