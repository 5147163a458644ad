"""Tasks behind a reference `task:name`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xaiplug.errors import PluginError, Problem, XaiplugError, did_you_mean, listing
from xaiplug.kinds import Task
from xaiplug.registry import resolve
from xaiplug.sources.modules import attribute


def task_of(name: str) -> Task:
    """The task `name`, or of a class `package.module:Class`, which is imported.

    Raises:
        RegistryError: nobody offers it, or several do. PluginError: it does not import.
    """
    if ":" in name:
        made: Task = attribute(name, {}, Task, PluginError)
        if not isinstance(made, Task):
            raise PluginError(f"'{name}' is a {type(made).__name__}, no xaiplug.Task")
        return made
    task = resolve("task", name)
    assert isinstance(task, Task)
    return task


def task_problems(name: str, params: Mapping[str, Any], split: str | None = None) -> list[Problem]:
    """What is wrong with a task's name, parameters and split; trains nothing."""
    try:
        task = task_of(name)
    except XaiplugError as error:
        return [Problem(("use",), str(error))]
    problems = []
    try:
        task.key(**params)
    except (XaiplugError, TypeError) as error:
        problems.append(Problem(("params",), str(error)))
    splits = list(task.splits)
    if split is not None and split not in splits:
        hint = f"{did_you_mean(split, splits)} (splits: {listing(splits)})"
        problems.append(Problem(("split",), f"task '{name}' has no split '{split}'{hint}"))
    return problems
