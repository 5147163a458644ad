"""The same network with other numbers in some of its parameters, beside the one that it was made of."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from copy import copy, deepcopy
from types import FunctionType
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError, did_you_mean, one_line
from xaiplug.model.adapter import Model
from xaiplug.model.passes import seeded_rng


def reweighted(model: Model, changed: Mapping[str, Tensor]) -> Model:
    """A model whose network has the parameters and buffers `changed` (by name), and shares all others with `model`.

    A copy of the structure: modules are new, tensors are not, so that it costs the memory of what is changed. Hooks
    are on the copy too: whoever counts the passes of the model counts the copy's.

    Raises:
        ModelError: no such parameter, one of another shape, or a network that cannot be copied.
    """
    held = _held(model.network)
    memo: dict[int, Any] = {id(tensor): tensor for tensor in _held(model.module).values()}
    new: dict[str, Tensor] = {}
    for name, values in changed.items():
        if name not in held:
            raise ModelError(f"model '{model.name}' has no parameter '{name}'{did_you_mean(name, held)}")
        if values.shape != held[name].shape:
            raise ModelError(f"'{name}' is {tuple(held[name].shape)}, and got {tuple(values.shape)}")
        new[name] = values.detach().to(held[name])
        if isinstance(held[name], nn.Parameter):
            new[name] = nn.Parameter(new[name], requires_grad=held[name].requires_grad)
        memo[id(held[name])] = new[name]
    for name, part in model.module.named_modules():
        if isinstance(vars(part).get("forward"), FunctionType):  # a copy would run it, on the original's weights
            raise ModelError(
                f"the network of model '{model.name}' cannot be copied: the forward of '{name}' was replaced by a "
                "function that holds the layer; write it as a method of a class"
            )
    copied = _copy(model, memo)
    found = _held(copied.network)
    if any(found.get(name) is not tensor for name, tensor in new.items()):
        raise ModelError(f"the network of model '{model.name}' cannot be copied with other parameters (TorchScript?)")
    return copied


def around(model: Model, module: nn.Module) -> Model:
    """The model that a copy of `model.module`, made by somebody else, is."""
    found = copy(model)
    found.module, found.network, found._last_linear = module, module.get_submodule("network"), None
    return found


def redrawn(model: Model, seed: int) -> dict[str, Tensor]:
    """Numbers of a network that has learned nothing, by name: as its layers are made, parameters and buffers.

    A layer that cannot say how (no `reset_parameters`) has its own numbers, shuffled. The network and the global random
    numbers stay as they are. A network that was made after `torch.manual_seed(seed)` does not get its own numbers back.

    Raises:
        ModelError: a network that cannot be copied.
    """
    found = _copy(model, {}).network
    found.cpu()
    stream = int.from_bytes(hashlib.blake2b(f"new weights {seed}".encode(), digest_size=7).digest(), "little")
    with seeded_rng(stream), torch.no_grad():
        known: set[int] = set()
        for layer in found.modules():
            if callable(again := getattr(layer, "reset_parameters", None)):
                again()
                known.update(id(parameter) for parameter in layer.parameters(recurse=False))
        for parameter in found.parameters():
            if id(parameter) not in known:
                parameter.copy_(parameter.flatten()[torch.randperm(parameter.numel())].view_as(parameter))
    return _held(found)


def _held(network: nn.Module) -> dict[str, Tensor]:
    return {**dict(network.named_parameters()), **dict(network.named_buffers())}


def _copy(model: Model, memo: dict[int, Any]) -> Model:
    for part in model.module.modules():  # a module has a dozen empty dictionaries, and most of the time goes to them
        memo.update({id(held): type(held)() for held in vars(part).values() if isinstance(held, dict) and not held})
    try:
        return deepcopy(model, memo)
    except Exception as error:
        raise ModelError(
            f"the network of model '{model.name}' cannot be copied: {type(error).__name__}: {one_line(error):.200}"
        ) from error
