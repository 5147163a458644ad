"""What a layer gives and takes in one forward, as it was then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from copy import copy
from typing import Any

from torch import Tensor, nn

from xaiplug.errors import ModelError
from xaiplug.model.compiled import layers_of


@contextmanager
def outputs_of(layer: nn.Module, *, cut: bool = False) -> Iterator[list[Tensor]]:
    """The tensor of every output of a layer, or the first tensor where it gives several, while the block runs.

    The rest of the network gets a copy, so that an in-place activation after the layer changes nothing that was caught.

    Args:
        cut: the graph begins at the layer: what comes before it keeps nothing for a backward.

    Raises:
        ModelError: the layer is TorchScript.
    """
    layers_of(layer, type(layer).__name__)
    found: list[Tensor] = []

    def note(_: nn.Module, inputs: Any, output: Any) -> Any:
        first = first_tensor(output)
        if first is None:
            return None
        first = first.detach().requires_grad_() if cut else first
        found.append(first)
        return replaced(output, first.clone())

    handle = layer.register_forward_hook(note)
    try:
        yield found
    finally:
        handle.remove()


@contextmanager
def inputs_of(layer: nn.Module) -> Iterator[list[Tensor]]:
    """The first input of every call of a layer, while the block runs; the layer gets a copy.

    Raises:
        ModelError: the layer is TorchScript; or, in the block, it is called without a tensor in first place.
    """
    layers_of(layer, type(layer).__name__)
    found: list[Tensor] = []

    def note(module: nn.Module, inputs: Any) -> Any:
        if not inputs or not isinstance(inputs[0], Tensor):
            raise ModelError(f"layer {type(module).__name__} takes no tensor as its first argument; name another layer")
        found.append(inputs[0])
        return inputs[0].clone(), *inputs[1:]

    handle = layer.register_forward_pre_hook(note)
    try:
        yield found
    finally:
        handle.remove()


def first_tensor(output: Any) -> Tensor | None:
    """An output itself, or the first of a tuple, a list or a dict (Hugging Face's outputs are dicts), if a tensor."""
    if isinstance(output, dict):
        output = next(iter(output.values()), None)
    elif isinstance(output, tuple | list):
        output = output[0] if output else None
    return output if isinstance(output, Tensor) else None


def replaced(output: Any, first: Tensor) -> Any:
    """An output with another first tensor."""
    if isinstance(output, dict):
        changed = copy(output)
        changed[next(iter(output))] = first
        return changed
    if isinstance(output, tuple | list):
        made = getattr(type(output), "_make", type(output))  # a named tuple takes its fields apart
        return made([first, *output[1:]])
    return first
