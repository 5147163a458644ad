"""Layers that all of a network's answer comes through, found by one forward and its gradient."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.data.seeds import generator
from xaiplug.model.adapted import Adapted
from xaiplug.model.catching import first_tensor
from xaiplug.model.compiled import layers_of
from xaiplug.model.cuts import Output, cuts, output_of

_POOLS = (
    nn.modules.pooling._MaxPoolNd,
    nn.modules.pooling._AvgPoolNd,
    nn.modules.pooling._AdaptiveAvgPoolNd,
    nn.modules.pooling._AdaptiveMaxPoolNd,
)


@dataclass(frozen=True, eq=False)
class Passage:
    """A layer.

    Args:
        gradient: of a network's answer by its output, like the output.
        aside: layers after it that some of the answer comes through, and the shapes they give: in a block that is
            skipped past, or in branches.
    """

    name: str
    module: nn.Module
    gradient: Tensor
    aside: tuple[tuple[nn.Module, torch.Size], ...] = ()


@dataclass(frozen=True, eq=False)
class _Call:
    """One call of a module: its first input and its output, and what made them, as they were then."""

    name: str
    module: nn.Module
    output: Tensor
    made: Output
    entered: Tensor | None
    given: Output | None


def passages(model: Adapted, x: Tensor) -> list[Passage]:
    """Layers whose output, maps or tokens, all of the answer to x (1,C,H,W) comes through; the last one first.

    Of layers with the same output the outermost stands for all: a block for the activation that it ends with. One that
    hands on what it gets (`nn.Identity`, dropout that is off) does so only where nothing else can be named. Pooled
    outputs are left out.

    Raises:
        ModelError: the answer has no gradient, or a layer is TorchScript.
    """
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        calls, answer = _recorded(model, x)
        through, aside = cuts(answer, x)
        passed = [call for call in calls if call.made in through]
        named = [call for call in map(_standing, _alike(passed)) if call is not None and call.output.ndim in (3, 4)]
        gradients = _gradients([answer, *_backwards(calls, through)], [call.output for call in named], x)
    beside = [call if call.made in aside and call.output.ndim in (3, 4) else None for call in calls]
    return [
        Passage(call.name, call.module, gradient, _shaped(beside[calls.index(call) :]))
        for call, gradient in reversed([*zip(named, gradients, strict=True)])
        if gradient is not None
    ]


def _shaped(calls: Iterable[_Call | None]) -> tuple[tuple[nn.Module, torch.Size], ...]:
    return tuple((call.module, call.output.shape) for call in calls if call is not None)


def _recorded(model: Adapted, x: Tensor) -> tuple[list[_Call], Tensor]:
    """The last call of every module, in order, and the logits (1,K)."""
    calls: dict[nn.Module, _Call] = {}
    given: dict[nn.Module, tuple[Tensor | None, Output | None]] = {}

    def before(module: nn.Module, inputs: Any) -> None:
        value = first_tensor(inputs)
        made = None if value is None else output_of(value)  # noted now: an activation in place changes it
        given[module] = (value, made)

    def after(name: str) -> Any:
        def hook(module: nn.Module, inputs: Any, output: Any) -> None:
            value = first_tensor(output)
            calls.pop(module, None)
            if value is not None and value.grad_fn is not None:
                calls[module] = _Call(name, module, value, output_of(value), *given[module])

        return hook

    layers_of(model.network, model.name)
    handles = []
    for name, module in model.network.named_modules():
        if name:
            handles += [module.register_forward_pre_hook(before), module.register_forward_hook(after(name))]
    try:
        answer = model(x)
    finally:
        for handle in handles:
            handle.remove()
    return list(calls.values()), answer


def _alike(calls: Iterable[_Call]) -> list[list[_Call]]:
    """Calls with the same output together."""
    groups: dict[Output, list[_Call]] = {}
    for call in calls:
        groups.setdefault(call.made, []).append(call)
    return list(groups.values())


def _standing(calls: list[_Call]) -> _Call | None:
    """The one that stands for calls with the same output; None where a pool made it."""
    makers = [call for call in calls if call.given != call.made] or calls
    return None if isinstance(makers[0].module, _POOLS) else makers[-1]


def _backwards(calls: list[_Call], through: set[Output]) -> Iterator[Tensor]:
    """Outputs and inputs that all of the answer comes through, the last first."""
    for call in reversed(calls):
        if call.made in through:
            yield call.output
        if call.entered is not None and call.given in through and call.entered.grad_fn is not None:
            yield call.entered


def _gradients(ends: Iterable[Tensor], by: list[Tensor], x: Tensor) -> list[Tensor | None]:
    """Gradients of the first end that has any: of the answer, or where that never moves, of what is before."""
    for end in ends:
        toss = torch.randn(end.shape, generator=generator(1), dtype=torch.float64).to(end)
        moved, *found = torch.autograd.grad(end, [x, *by], toss, retain_graph=True, allow_unused=True)
        if moved is not None and bool(moved.any()):
            return list(found)
    return [None] * len(by)
