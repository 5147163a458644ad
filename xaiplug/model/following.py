"""Whether a method's own way through a network gives what the network itself gives."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.model.passes import looking
from xaiplug.model.query import Query

_followed: WeakKeyDictionary[nn.Module, set[Any]] = WeakKeyDictionary()
"""Of each network: ways, shapes of inputs and states that agreed."""


def strayed(query: Query, part: slice, logits: Tensor, way: str) -> float:
    """How far logits (R,K) that some way through the network gave for the samples `part` are from its own; 0 = not.

    Looked for once for every way, network, state of its weights and shape of input, by one forward that is in no cost
    (`looking`): what a way cannot follow (a write into a view, statistics of the batch) lies in the network.
    """
    tensors = (*query.model.module.parameters(), *query.model.module.buffers())
    known = _followed.setdefault(query.model.network, set())
    counted = not any(tensor.is_inference() for tensor in tensors)
    key = way, tuple(query.inputs.shape[1:]), logits.dtype, tuple(t._version for t in tensors) if counted else None
    if counted and key in known:
        return 0.0
    with torch.no_grad(), looking(), query.naming(torch.arange(len(query))[part]):
        wanted = query.model(query.inputs[part]).to(logits.dtype)
    apart = float((logits.detach() - wanted).abs().max())
    if not apart <= torch.finfo(logits.dtype).eps ** 0.5 * float(wanted.abs().max()):
        return apart
    known.add(key)
    return 0.0
