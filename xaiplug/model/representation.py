"""Which layer reads the representation: found by what the logits are made of, not by who was registered last."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.autograd.graph import Node

from xaiplug.errors import ModelError
from xaiplug.model.compiled import layers_of

_NAME_IT = "name the layer whose input is the representation, or take the output"


@dataclass(frozen=True, eq=False)
class Reading:
    """The layer that reads the representation, what it read (B,...), and the logits (B,K) of the same forward."""

    layer: nn.Linear
    read: Tensor
    logits: Tensor


def last_linear(network: nn.Module, name: str, run: Callable[[Tensor], Tensor], x: Tensor) -> Reading:
    """One forward of x (B,*shape), and the last `nn.Linear` on its way if all that the logits know of x goes through.

    Args:
        run: x to logits (B,K), through `network`; `name` is the model's, for errors.

    Raises:
        ModelError: there is none, or the logits see x on other ways too (two heads, a residual after it).
    """
    with torch.enable_grad(), _linear_calls(layers_of(network, name)) as calls:
        at = x if x.requires_grad else x.detach().requires_grad_()
        at = at.clone()  # its node is where the graph of the input begins, leaf or not
        logits = run(at)
    assert at.grad_fn is not None
    for call in reversed(calls):
        made = call.output.grad_fn
        if made is None or not _reaches(logits.grad_fn, made) or not _reaches(made, at.grad_fn):
            continue
        if _reaches(logits.grad_fn, at.grad_fn, past=made):
            raise ModelError(
                f"the logits of model '{name}' come from more than its last nn.Linear, "
                f"'{_name_of(network, call.layer)}'; {_NAME_IT}"
            )
        if torch.is_grad_enabled():
            return Reading(call.layer, call.read, logits)
        return Reading(call.layer, call.read.detach(), logits.detach())
    raise ModelError(f"model '{name}' has no nn.Linear between its input and its logits; {_NAME_IT}")


@dataclass(frozen=True, eq=False)
class _Call:
    layer: nn.Linear
    read: Tensor
    output: Tensor


@contextmanager
def _linear_calls(layers: list[nn.Module]) -> Iterator[list[_Call]]:
    """Every call of an `nn.Linear`, in order; what comes after gets copies, and may change them."""
    calls: list[_Call] = []

    def note(layer: Any, inputs: tuple[Any, ...], named: dict[str, Any], output: Tensor) -> Tensor:
        calls.append(_Call(layer, inputs[0] if inputs else named["input"], output))
        return output.clone()

    def copied(layer: Any, inputs: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(value.clone() for value in inputs)

    handles = []
    for module in layers:
        if isinstance(module, nn.Linear):
            handles.append(module.register_forward_pre_hook(copied))
            handles.append(module.register_forward_hook(note, with_kwargs=True))
    try:
        yield calls
    finally:
        for handle in handles:
            handle.remove()


def _reaches(start: Node | None, goal: Node, past: Node | None = None) -> bool:
    """Whether the graph leads from `start` back to `goal`, by ways that do not go through `past`."""
    seen, ahead = {past}, [start]
    while ahead:
        node = ahead.pop()
        if node is goal and node not in seen:
            return True
        if node is not None and node not in seen:
            seen.add(node)
            ahead += [earlier for earlier, _ in node.next_functions]
    return False


def _name_of(network: nn.Module, layer: nn.Module) -> str:
    names: dict[nn.Module, str] = {other: name for name, other in network.named_modules()}
    return names[layer]
