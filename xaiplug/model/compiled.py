"""Networks that were compiled: what `torch.compile` wrapped is seen through, TorchScript cannot be."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import torch
from torch import nn

from xaiplug.errors import ModelError


def original(network: nn.Module) -> nn.Module:
    """The network that was compiled; the same weights, with layers that hooks see."""
    inner = network._modules.get("_orig_mod") if type(network).__name__ == "OptimizedModule" else None
    return network if inner is None else inner


@contextmanager
def uncompiled() -> Iterator[None]:
    """What is compiled inside of a network runs as written: it would pass hooks by, and has no second derivative."""
    if "torch._dynamo" not in sys.modules:  # then nothing is compiled, and importing it takes seconds
        yield
        return
    with torch.compiler.set_stance("force_eager"):
        yield


def is_script(module: nn.Module) -> bool:
    """Whether a module is TorchScript: its layers take no hooks, or pass them by."""
    return isinstance(module, torch.jit.ScriptModule)


def layers_of(network: nn.Module, name: str) -> list[nn.Module]:
    """All modules of a network, each of which tells what it is given and gives.

    Raises:
        ModelError: some of them are TorchScript.
    """
    layers = list(network.modules())
    if any(is_script(layer) for layer in layers):
        raise ModelError(
            f"model '{name}' has TorchScript in it, whose layers cannot be seen; explain the module that was compiled, "
            "or use a method that needs scores and gradients alone, such as integrated-gradients"
        )
    return layers
