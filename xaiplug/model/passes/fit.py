"""How a network is best asked: found by one forward of the first image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from weakref import WeakKeyDictionary

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError, XaiplugError
from xaiplug.model.compiled import is_script
from xaiplug.model.passes.chunks import CPU_ELEMENTS
from xaiplug.model.passes.meter import looking

WIDE = 2**21
"""Numbers in the widest activation of a pass, for the CPU. More are slower, as memory is asked of the system anew, and
few rows keep no core busy. Milliseconds a row of a forward on one core: a CNN that widens 3x64x64 to 32 channels 1.8 by
4 to 16 rows, 2.9 by 32; MobileNetV2 at 224 21 by 1, 18 by 4, 28 by 8, 49 by 16; ResNet-18 53 by 1, 35 by 4, 34 by 16;
ViT-Tiny 29 by any, with a gradient 76 by 4 and 69 by 16."""
LEAST = 4
"""Rows of a pass that are worth it even where they are wider than that."""
FEW = 2**16
"""So many numbers in all rows together are not worth a look."""

_widest: WeakKeyDictionary[nn.Module, dict[Any, int]] = WeakKeyDictionary()
"""Of each network: shape and dtype of its inputs -> numbers of its widest activation."""


def held(network: nn.Module, inputs: Tensor, rows: int, run: Callable[[Tensor], object]) -> int:
    """Numbers per row as `in_chunks` counts them, by the widest activation: one forward, once a network and shape.

    Args:
        inputs: (B,*shape), of which the first is sent through where `rows` like it are many numbers.
        run: the forward.
    """
    numbers = inputs[0].numel()
    least = min(LEAST, max(1, CPU_ELEMENTS // numbers))
    if inputs.ndim != 4 or rows <= least or rows * numbers <= FEW or inputs.device.type != "cpu":
        return numbers
    known, key = _widest.setdefault(network, {}), (tuple(inputs.shape[1:]), inputs.dtype)
    if key not in known:
        try:
            with torch.no_grad(), looking(), _widest_of(network) as widths:
                run(inputs[:1].clone())
        except XaiplugError:
            return numbers  # the pass itself says of which sample
        known[key] = max(widths, default=0)
    if not known[key]:
        return numbers
    return min(CPU_ELEMENTS // least, max(1, known[key] * CPU_ELEMENTS // WIDE))


@dataclass(frozen=True)
class Fit:
    """How a network is best asked: numbers held per row, for "auto" of `max_batch`, and the memory format of points."""

    elements: int
    layout: torch.memory_format


def fit(network: nn.Module, first: Tensor, run: Callable[[Tensor], object]) -> Fit:
    """Look at one forward of the first sample: channels last where the network takes it, and its widest activation.

    Convolutions are a third faster with channels last; a network that views its activations refuses, and is asked
    again. Chunks whose widest activation stays near 20 MB are the fastest, on one thread and on two (MobileNetV2: 4 to
    8 rows of 3x224x224, ResNet-18 6 to 12; a CNN that widens 3x64x64 to 32 channels: 16 to 32).

    Args:
        first: (1,*shape).
        run: the forward, of something like `first`, through `network`.
    """
    if first.ndim != 4:
        return Fit(first.numel(), torch.contiguous_format)
    with torch.no_grad(), _widest_of(network) as widths:
        if any(isinstance(part, nn.Conv2d) for part in network.modules()):
            try:
                run(first.contiguous(memory_format=torch.channels_last))
                return Fit(_elements(first, widths), torch.channels_last)
            except ModelError:
                widths.clear()
        run(first)
    return Fit(_elements(first, widths), torch.contiguous_format)


def _elements(first: Tensor, widths: list[int]) -> int:
    """Numbers per row as `in_chunks` counts them: of the input, or of an activation seven times as wide."""
    return max([first.numel(), *(width // 7 for width in widths)])


@contextmanager
def _widest_of(network: nn.Module) -> Iterator[list[int]]:
    """Numbers in the output of every layer without layers of its own, as long as it is open."""
    widths: list[int] = []

    def note(module: nn.Module, inputs: object, output: object) -> None:
        if isinstance(output, Tensor):
            widths.append(output.numel())

    layers = (part for part in network.modules() if not (any(part.children()) or is_script(part)))
    handles = [layer.register_forward_hook(note) for layer in layers]
    try:
        yield widths
    finally:
        for handle in handles:
            handle.remove()
