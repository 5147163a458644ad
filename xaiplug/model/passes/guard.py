"""The user's model and the global random state, left as they were found."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import nn

_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)


@contextmanager
def untouched(module: nn.Module) -> Iterator[None]:
    """Restore training flags, `requires_grad`, `.grad`, hooks and the global RNG, however the block ends."""
    modules = list(module.modules())
    training = [m.training for m in modules]
    hooks = [{name: OrderedDict(getattr(m, name)) for name in _HOOKS} for m in modules]
    parameters = [(p, p.requires_grad, p.grad) for p in module.parameters()]
    try:
        with untouched_rng():
            yield
    finally:
        for m, flag, before in zip(modules, training, hooks, strict=True):
            m.training = flag
            for name, saved in before.items():
                _restore(getattr(m, name), saved)
        for p, requires_grad, grad in parameters:
            p.requires_grad_(requires_grad)
            p.grad = grad


@contextmanager
def untouched_rng() -> Iterator[None]:
    """Restore the global random states of torch, numpy and Python."""
    python, legacy, cpu = random.getstate(), np.random.get_state(), torch.get_rng_state()
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    try:
        yield
    finally:
        random.setstate(python)
        np.random.set_state(legacy)
        torch.set_rng_state(cpu)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


def _restore(live: dict[Any, Any], saved: dict[Any, Any]) -> None:
    """In place: torch's removable handles hold on to the dictionary itself."""
    if dict(live) != dict(saved):
        live.clear()
        live.update(saved)
