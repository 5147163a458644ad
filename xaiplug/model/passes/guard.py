"""The user's model and the global random state, left as they were found."""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from ctypes import string_at
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError, listing
from xaiplug.model.passes.parts import Parts

_MT19937 = 4 * (624 + 1)
"""Bytes of numpy's own generator: 624 numbers of 32 bits, and the place among them."""


@contextmanager
def untouched(module: nn.Module, may_write: Collection[int] | None = None) -> Iterator[Parts]:
    """Put a network back as it was, however the block ends, whatever was done to it; the global RNG too.

    Parameters, buffers, submodules, training flags, `requires_grad`, `.grad`, hooks, methods replaced on an instance,
    and what torch declares a layer's constants. What a forward notes on its own module, as a count, stays.

    Args:
        may_write: ids of the only tensors that the block is known to write to; None = any. The numbers of the others
            are not copied, which takes as long as a small network's pass.

    Raises:
        ModelError: parameters that have no shape yet; or a tensor was written to whose numbers were not copied.
    """
    parts = Parts(module) if may_write is None else Parts(module, lambda tensor: id(tensor) in may_write)
    try:
        with untouched_rng():
            yield parts
    finally:
        parts.restore()
        if parts.lost:
            raise ModelError(_lost(module, parts.lost))


@contextmanager
def untouched_rng() -> Iterator[None]:
    """Restore the global random states of torch, numpy and Python."""
    python, cpu = random.getstate(), torch.get_rng_state()
    seen = _numbers()
    legacy: Any = np.random.get_state() if seen is not None else np.random.get_state(legacy=False)
    cuda = torch.cuda.get_rng_state_all() if torch.cuda.is_initialized() else []
    try:
        yield
    finally:
        random.setstate(python)
        if seen is None or legacy[3] or _numbers() != seen:  # setting it takes as long as a tiny network's forward
            np.random.set_state(legacy)
        torch.set_rng_state(cpu)
        if cuda:
            torch.cuda.set_rng_state_all(cuda)


def _numbers() -> bytes | None:
    """What numpy's next global draws come from, but for a normal draw that is left over (`get_state()[3]`).

    None where somebody put another generator in the place of numpy's own.
    """
    kind = np.random.get_bit_generator()  # type: ignore[attr-defined]
    return string_at(kind.ctypes.state_address, _MT19937) if type(kind) is np.random.MT19937 else None


@contextmanager
def seeded_rng(seed: int) -> Iterator[None]:
    """The global random states of torch, numpy and Python started from `seed`, and put back: for libraries on them."""
    with untouched_rng():
        seed_all(seed)
        yield


def seed_all(seed: int) -> None:
    """Start the global random states of torch, numpy and Python from `seed`.

    Without an accelerator `torch.manual_seed` notes at each call, for each kind of device that might yet come, where it
    was called from: milliseconds, and memory that is never freed. Nothing is noted here.
    """
    if torch.accelerator.is_available():
        torch.manual_seed(seed)
    else:
        torch.default_generator.manual_seed(seed)
    np.random.seed(seed % 2**32)
    random.seed(seed)


def _lost(module: nn.Module, tensors: Collection[Tensor]) -> str:
    ids = {id(tensor) for tensor in tensors}
    named = [name for name, tensor in (*module.named_parameters(), *module.named_buffers()) if id(tensor) in ids]
    return (
        f"{listing(named) or 'tensors'} of the network were written to: by its forward, which did not do so before, or "
        "by a method that says it only reads (`reads_only`); load the weights again; such a method has no reads_only"
    )
