"""Checks of tasks."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch

from xaiplug.errors import XaiplugError, listing
from xaiplug.kinds import Task
from xaiplug.model.passes import seed_all
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.types import Check, Measured, Violation, check
from xaiplug.testing.shared.untouched import untouched_by
from xaiplug.testing.task.scenes import FEW, asked, few, key_of, training, untrained

UNKNOWN = "no-such-split"
_PARAMETER = "no_such_parameter"


@check("splits")
def splits(task: Task) -> Measured:
    """The splits have names, each its own."""
    names = list(task.splits)
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) < len(names):
        raise Violation(f"splits are {names}; expected names, each once")
    return Measured(detail=listing(names))


@check("samples")
def samples(task: Task) -> None:
    """Every split has samples, of finite numbers, with an id each, and no more of them than asked for."""
    for split in dict.fromkeys(task.splits):
        found = few(task, split)
        if not 0 < len(found) <= FEW:
            raise Violation(f"split '{split}' gives {len(found)} samples for limit={FEW}")
        if not bool(found.inputs.isfinite().all()):
            raise Violation(f"split '{split}' has inputs that are no finite numbers")
        if len(set(found.ids)) < len(found):
            raise Violation(f"split '{split}' has ids that are not distinct: {', '.join(found.ids)}")


@check("limit")
def limit(task: Task) -> None:
    """A smaller limit gives the first samples of a larger one."""
    for split in task.splits:
        if asked(task, split, 2).fingerprint() != few(task, split)[:2].fingerprint():
            raise Violation(f"split '{split}' with limit=2 is not the first two samples of limit={FEW}")


@check("same-again")
def same_again(task: Task) -> None:
    """The same question gives the same samples, whatever the global random state."""
    seed_all(1)
    for split in task.splits:
        if asked(task, split).fingerprint() != few(task, split).fingerprint():
            raise Violation(f"split '{split}' has other samples each time; draw them from a seed")


@check("key")
def key(task: Task) -> Measured:
    """The key is short, could be the name of a folder, and is the same each time."""
    first, second = two_states(lambda: key_of(task))
    if not isinstance(first, str) or not re.fullmatch(r"[\w.-]{1,64}", first):
        raise Violation(f"the key is {first!r}; expected up to 64 letters, digits, '_', '.' and '-', such as a hash")
    if first != second:
        raise Violation(f"the key is {first}, then {second}: nothing trained would be found again")
    return Measured(detail=first)


@check("global-rng-untouched")
def global_rng_untouched(task: Task) -> None:
    """Keys and samples leave the global random states of torch, numpy and Python as they were."""
    untouched_by(lambda: asked(task, task.splits[-1]))


@check("unknown-split")
def unknown_split(task: Task) -> None:
    """A split that there is not is an error of xaiplug's that names it."""
    key_of(task)
    _refused(lambda: task.samples(UNKNOWN, limit=2), "split", UNKNOWN, XaiplugError)


@check("unknown-parameter")
def unknown_parameter(task: Task) -> None:
    """A parameter that there is not is refused by name, before anything is trained or looked for."""
    wrong = {_PARAMETER: 1}
    _refused(lambda: task.key(**wrong), "parameter", _PARAMETER, XaiplugError, TypeError)
    _refused(lambda: task.samples(task.splits[0], limit=2, **wrong), "parameter", _PARAMETER, XaiplugError, TypeError)


def _refused(act: Callable[[], object], what: str, name: str, *allowed: type[Exception]) -> None:
    try:
        act()
    except allowed as error:
        if name not in str(error):
            raise Violation(f"there is no {what} '{name}', and the message does not name it: {error}") from error
    except Exception as error:
        raise Violation(f"raised {type(error).__name__}: {error}; expected xaiplug.errors.DataError") from error
    else:
        raise Violation(f"took the {what} '{name}', which it cannot know")


@check("folds")
def folds(task: Task) -> Measured:
    """The number of folds is at least 1."""
    key_of(task)
    count = task.folds()
    if not isinstance(count, int) or count < 1:
        raise Violation(f"has {count!r} folds; 1 is a task without folds")
    return Measured(detail=str(count))


@check("trains", untrained)
def trains(task: Task) -> None:
    """A training exports a model that is read back, in a process that trusts the task's package, and answers."""
    with training(task) as ground:
        ground.train()


@check("refits", untrained)
def refits(task: Task) -> None:
    """A training on other samples does the same, and its model follows from them."""
    with training(task) as ground:
        whole = ground.samples(64)
        half = whole[: len(whole) // 2]
        first, second = ground.refit(half, "half"), ground.refit(whole, "whole")
    states = [model.network.state_dict() for model in (first, second)]
    if all(torch.equal(value, states[1][name]) for name, value in states[0].items()):
        raise Violation("trained on 32 samples, and on 64, it has the same weights; `train` is not used")


CHECKS: tuple[Check, ...] = (
    splits,
    samples,
    limit,
    same_again,
    key,
    global_rng_untouched,
    unknown_split,
    unknown_parameter,
    folds,
    trains,
    refits,
    *COMMON,
)
