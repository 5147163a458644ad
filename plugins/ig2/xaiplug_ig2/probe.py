"""What the walks look at: scores, representations, and their gradients, from one forward."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import torch
from torch import Tensor, nn

from xaiplug import Query
from xaiplug.errors import ModelError
from xaiplug_ig2.ops import Distance, distance
from xaiplug_ig2.walk import Look

OUTPUT = "output"
"""The representation that is no layer's input: the logits."""


@dataclass
class Cost:
    """Rows differentiated: vector-Jacobian products, one sample and one cotangent each."""

    backwards: int = 0


@dataclass(frozen=True, eq=False)
class Probing:
    """Looks at rows of one query: `samples` (R,) says which sample each row belongs to.

    Args:
        goal: representations (R,D) that the loss measures the distance to; None = no loss (zeros).
    """

    query: Query
    samples: Tensor
    cost: Cost = field(default_factory=Cost)
    goal: Tensor | None = None
    kind: Distance = "euclidean"
    representation: str | None = None

    def __call__(self, points: Tensor, rows: Tensor, gradient: bool, downhill: bool) -> Look:
        """One forward of `points` (R,*shape), and one vector-Jacobian product for each gradient wanted."""
        with torch.set_grad_enabled(gradient or downhill):
            at = points.detach().requires_grad_(gradient or downhill)
            features, logits = represent(self.query, at, self.representation, wanted=self.goal is not None)
            model, target = self.query.model, self.query.target
            score = target.score(logits, self.samples[rows], model.output)
            loss = torch.zeros_like(score) if self.goal is None else distance(features, self.goal[rows], self.kind)
            down = self._back(loss, at, keep=gradient) if downhill else None
            slope = self._back(score, at, keep=False) if gradient else None
        return Look(score.detach(), loss.detach(), slope, down)

    def _back(self, values: Tensor, at: Tensor, *, keep: bool) -> Tensor:
        self.cost.backwards += len(values)
        (found,) = torch.autograd.grad(values.sum(), at, retain_graph=keep, materialize_grads=True)
        return found


def represent(query: Query, x: Tensor, layer: str | None, *, wanted: bool = True) -> tuple[Tensor, Tensor]:
    """Representation (R,D) and logits (R,K) of x (R,*shape), with the graph of x.

    The representation is the input of the layer named, of the last linear one (None), or the logits ("output").

    Raises:
        ModelError: no such layer, or no linear one.
    """
    if layer == OUTPUT or not wanted:
        logits = query.model(x)
        return logits, logits
    return query.model.features_and_logits(x, layer)


@dataclass(frozen=True)
class Fit:
    """How a network is best asked: numbers held per row, for "auto" of `max_batch`, and the memory format of points."""

    elements: int
    layout: torch.memory_format


def fit(query: Query, layer: str | None = OUTPUT) -> Fit:
    """One forward of the first image, looked at: channels last where the network takes it, and its widest activation.

    Convolutions are a third faster with channels last; a network that views its activations refuses, and is asked
    again. Chunks whose widest activation stays near 20 MB are the fastest, on one thread and on two (MobileNetV2: 4 to
    8 rows of 3x224x224, ResNet-18 6 to 12; a CNN that widens 3x64x64 to 32 channels: 16 to 32).
    """
    first, module = query.inputs[:1], query.model.module
    if first.ndim != 4:
        return Fit(first.numel(), torch.contiguous_format)
    with torch.no_grad(), _widest_of(module) as widths:
        if any(isinstance(part, nn.Conv2d) for part in module.modules()):
            try:
                represent(query, first.contiguous(memory_format=torch.channels_last), layer)
                return Fit(_elements(first, widths), torch.channels_last)
            except ModelError:
                widths.clear()
        represent(query, first, layer)
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

    handles = [part.register_forward_hook(note) for part in network.modules() if not any(part.children())]
    try:
        yield widths
    finally:
        for handle in handles:
            handle.remove()
