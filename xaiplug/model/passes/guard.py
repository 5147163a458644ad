"""The user's model and the global random state, left as they were found."""

from __future__ import annotations

import random
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from xaiplug.errors import ModelError

_HOOKS = (
    "_forward_hooks",
    "_forward_hooks_with_kwargs",
    "_forward_hooks_always_called",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_backward_hooks",
    "_backward_pre_hooks",
)
_PARTS = ("_parameters", "_buffers", "_modules")
_ITS_OWN = frozenset(vars(nn.Module()))


@contextmanager
def untouched(module: nn.Module) -> Iterator[None]:
    """Put a network back as it was, however the block ends, whatever was done to it; the global RNG too.

    Parameters, buffers, submodules, training flags, `requires_grad`, `.grad`, hooks, methods replaced on an instance,
    and what torch declares a layer's constants. What a forward notes on its own module, as a count, stays.

    Raises:
        ModelError: parameters that have no shape yet.
    """
    if any(is_lazy(tensor) for tensor in (*module.parameters(), *module.buffers())):
        raise ModelError("the network has lazy layers that no forward has given a shape; call it once on an input")
    modules = [_Module(part) for part in module.modules()]
    tensors = [_Tensor(tensor) for tensor in {*module.parameters(), *module.buffers()}]
    try:
        with untouched_rng():
            yield
    finally:
        for part in modules:
            part.restore()
        for tensor in tensors:
            tensor.restore()


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


@contextmanager
def seeded_rng(seed: int) -> Iterator[None]:
    """The global random states of torch, numpy and Python started from `seed`, and put back: for libraries on them."""
    with untouched_rng():
        torch.manual_seed(seed)
        np.random.seed(seed % 2**32)
        random.seed(seed)
        yield


class _Module:
    """One module as it was; what its tensors hold is not its own."""

    def __init__(self, module: nn.Module) -> None:
        self.module = module
        self.kind = type(module)
        self.training = module.training
        held = {name: getattr(module, name) for name in (*_PARTS, *_HOOKS)}
        # TorchScript's are no dictionaries, and nobody changes them.
        self.dictionaries = {name: OrderedDict(live) for name, live in held.items() if isinstance(live, dict)}
        self.attributes = _attributes(module)

    def restore(self) -> None:
        if type(self.module) is not self.kind:
            self.module.__class__ = self.kind
        self.module.training = self.training
        for name, saved in self.dictionaries.items():
            _restore(getattr(self.module, name), saved)
        held = vars(self.module)
        for name in _attributes(self.module).keys() - self.attributes.keys():
            del held[name]
        held.update(self.attributes)


class _Tensor:
    """One parameter or buffer as it was: its memory, and the numbers in it."""

    def __init__(self, tensor: Tensor) -> None:
        self.tensor, self.memory, self.values = tensor, tensor.data, tensor.data.clone()
        self.requires_grad, self.grad = tensor.requires_grad, tensor.grad

    def restore(self) -> None:
        self.tensor.requires_grad_(self.requires_grad)
        self.tensor.grad = self.grad
        if not _same_memory(self.tensor, self.memory):
            self.tensor.data = self.memory
        if not torch.equal(self.memory, self.values):
            self.memory.copy_(self.values)


def _same_memory(one: Tensor, other: Tensor) -> bool:
    where = [(t.data_ptr(), t.shape, t.stride(), t.dtype) for t in (one, other)]
    return where[0] == where[1]


def _attributes(module: nn.Module) -> dict[str, Any]:
    """Methods that were replaced on this instance, and torch's constants, like the `eps` of a batch norm."""
    kind, held = type(module), vars(module)
    constants = getattr(kind, "__constants__", ())
    names = held.keys() - _ITS_OWN
    return {name: held[name] for name in names if name in constants or callable(getattr(kind, name, None))}


def _restore(live: dict[Any, Any], saved: dict[Any, Any]) -> None:
    """In place: torch's removable handles hold on to the dictionary itself."""
    if len(live) != len(saved) or any(live.get(key) is not value for key, value in saved.items()):
        live.clear()
        live.update(saved)
