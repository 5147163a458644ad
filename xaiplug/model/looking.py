"""Looking at where layers answer: fades are shown to the network, or put in the place of a layer's output."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from xaiplug.model.adapted import Adapted
from xaiplug.model.catching import first_tensor, outputs_of, replaced
from xaiplug.model.places import Places, fades, read

Answers = Sequence[Tensor | None]
"""What a layer gave, fade by fade; None where it was not reached or gave no tensor."""


@dataclass(frozen=True, eq=False)
class Source:
    """A layer with known places whose output all of the answer comes through, and that output for one image."""

    module: nn.Module
    places: Places
    values: Tensor

    def shown(self, draw: int) -> Tensor:
        """The five fades, each as an output."""
        maps = self.places.maps(self.values)
        made = self.values.repeat(5, *(1,) * self.values.ndim)
        for output, fade in zip(made, fades(maps, float(maps.min()), float(maps.max()), draw), strict=True):
            self.places.maps(output).copy_(fade[None])
        return made


def images(model: Adapted, x: Tensor, draw: int = 0) -> Tensor:
    """The five fades (5,C,H,W) over the values that inputs may have, or that x (1,C,H,W) has."""
    low, high = model.input_range or (float(x.min()), float(x.max()))
    return fades(x, low, high, draw) if high > low else fades(x, 0.0, 1.0, draw)


def look(
    model: Adapted, x: Tensor, layers: Sequence[nn.Module], source: Source | None = None, draws: int = 1
) -> list[Answers]:
    """What layers answer to fades of an image like x (1,C,H,W), or of the output of `source`: five forwards a draw."""
    found: list[list[Tensor | None]] = [[] for _ in layers]
    for index in range(5 * draws):
        draw, which = divmod(index, 5)
        with torch.no_grad(), ExitStack() as stack:
            if source is not None:
                stack.enter_context(_putting(source.module, source.shown(draw)[which]))
            caught = [stack.enter_context(outputs_of(layer)) for layer in layers]
            model(images(model, x, draw)[which : which + 1] if source is None else images(model, x)[:1])
            for answers, values in zip(found, caught, strict=True):
                answers.append(values[-1] if values else None)
    return list(found)


def places_in(answers: Answers, x: Tensor) -> Places | str:
    """The places of a layer by its answers, or what is wrong with it."""
    given = [values for values in answers if values is not None]
    if len(given) < len(answers):
        return "is not reached, or gives no tensor"
    shape, (height, width) = tuple(given[0].shape), (x.shape[2], x.shape[3])
    if any(tuple(values.shape) != shape for values in given):
        return "gives outputs of another shape for another image"
    found = read(torch.stack(given), (height, width))
    told = f"gives {shape} for one image of {height}x{width}, and none of its axes is seen to follow rows and columns"
    return told if found is None else found


def convolved(model: Adapted, x: Tensor) -> dict[nn.Module, Places]:
    """Layers with a map (1,D,h,w) of just the rows and columns of the last `nn.Conv2d` before: torch keeps their order.

    For where looking shows nothing: weights that mix a whole small map alike. One forward.
    """
    found: dict[nn.Module, Places] = {}
    last: tuple[int, ...] = ()

    def note(module: nn.Module, inputs: object, output: object) -> None:
        nonlocal last
        value = first_tensor(output)
        if value is None or value.ndim != 4:
            return
        shape = tuple(value.shape)
        if isinstance(module, nn.Conv2d):
            last = shape[2:]
        if shape[0] == 1 and shape[2:] == last:
            found[module] = Places(shape, (0, 1, 2, 3), (shape[2], shape[3]))

    with torch.no_grad(), ExitStack() as stack:
        for module in model.network.modules():
            stack.callback(module.register_forward_hook(note).remove)
        model(images(model, x)[:1])
    return found


@contextmanager
def _putting(layer: nn.Module, values: Tensor) -> Iterator[None]:
    """Another output of a layer while the block runs."""
    handle = layer.register_forward_hook(lambda _, inputs, output: replaced(output, values))
    try:
        yield
    finally:
        handle.remove()
