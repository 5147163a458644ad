"""How a network is best asked: found by one forward of the first image."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError
from xaiplug.model.compiled import is_script


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
