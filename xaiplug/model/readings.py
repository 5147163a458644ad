"""What of a network's output is explained where that is no (B,K): each reading is a module from the output to (B,K).

    xaiplug.Model(deeplab, reads=xaiplug.Region(rows=(20, 40), columns=(10, 30)))  # target= is a class, as ever
    xaiplug.Model(resnet, reads=xaiplug.Difference("cat", "dog"))  # one score: why a cat rather than a dog
    xaiplug.Model(faster_rcnn, reads=xaiplug.Detection(box=(30, 40, 90, 120), label=17))
    xaiplug.Model(network, reads=lambda output: output["depth"].mean((1, 2)))

It stands between the network and its logits, so that methods, metrics, games and addresses see one network with a
score. In a run file: `models: {m: {use: ..., reads: {difference: [cat, dog]}}}`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from xaiplug.errors import ModelError, did_you_mean, listing
from xaiplug.model.pixels import unwrapped

Names = tuple[str, ...] | None


class Reading(nn.Module):
    """From what a network returns to logits or scores (B,K)."""

    linear: ClassVar[bool] = False
    """Whether it only adds and scales."""

    def bound(self, names: Names) -> tuple[nn.Module, Names]:
        """The reading for a network with these class names, and the names of what is read.

        Raises:
            ModelError: it names a class that is not there.
        """
        return self, names


class Region(Reading):
    """Mean logit of each class over a rectangle of a segmentation (B,K,H,W): (B,K), with the network's class names.

    The output is a tensor, a dict with `out` (torchvision's), or has `logits` (Hugging Face's, on a smaller grid).

    Args:
        rows, columns: (first, last + 1) on the grid of the output; a pixel is (r, r + 1).

    Raises:
        ModelError: an empty rectangle; or in a forward, one that is not on the grid, or an output that has none.

    >>> Region(rows=(0, 1), columns=(0, 2))(torch.tensor([[[[1.0, 3.0], [9.0, 9.0]]]]))
    tensor([[2.]])
    """

    linear = True

    def __init__(self, rows: Sequence[int], columns: Sequence[int]) -> None:
        super().__init__()
        self.rows, self.columns = _span(rows, "rows"), _span(columns, "columns")

    def forward(self, output: Any) -> Tensor:
        scores = output["out"] if isinstance(output, Mapping) and "out" in output else unwrapped(output)
        if scores.ndim != 4:
            raise ModelError(
                f"a region is read of a segmentation (B,K,H,W), and the network gave {tuple(scores.shape)}"
            )
        for (_, last), size, axis in zip((self.rows, self.columns), scores.shape[2:], ("rows", "columns"), strict=True):
            if last > size:
                raise ModelError(f"region {axis} up to {last}, and the output has {size}: give them on its grid")
        mean: Tensor = scores[:, :, slice(*self.rows), slice(*self.columns)].mean((2, 3))
        return mean


class Difference(Reading):
    """Logit of one class minus that of another, (B,1): what speaks for the one and against the other.

    Args:
        one, other: classes by index, or by name where the model has class names.

    Raises:
        ModelError: a class that is not there.

    >>> Difference(0, 2)(torch.tensor([[5.0, 1.0, 2.0]]))
    tensor([[3.]])
    """

    linear = True

    def __init__(self, one: int | str, other: int | str) -> None:
        super().__init__()
        self.one, self.other = one, other

    def bound(self, names: Names) -> tuple[nn.Module, Names]:
        pair = tuple(_index(value, names) for value in (self.one, self.other))
        told = [names[index] if names and index < len(names) else str(index) for index in pair]
        return Difference(*pair), (" - ".join(told),)

    def forward(self, output: Any) -> Tensor:
        logits = unwrapped(output)
        classes = logits.shape[1] if logits.ndim == 2 else 0
        for index in (self.one, self.other):
            if not isinstance(index, int) or not 0 <= index < classes:
                raise ModelError(f"a difference with class {index!r}, and the network gave {tuple(logits.shape)}")
        return logits[:, [self.one]] - logits[:, [self.other]]


class Detection(Reading):
    """How surely a detector sees a class where a box is, (B,1): the largest IoU x score among its detections, else 0.

    The similarity of D-RISE (Petsiuk et al., CVPR 2021, eq. 3) to a detection that is certain of its class. The output
    is torchvision's: a dict with `boxes` (n,4), `labels` (n,) and `scores` (n,) for every image.

    Args:
        box: x1, y1, x2, y2 in pixels of the input.
        label: the class, as the detector numbers them.

    Raises:
        ModelError: a box without area; or in a forward, an output of another form.

    >>> seen = {"boxes": torch.tensor([[0.0, 0, 2, 2]]), "labels": torch.tensor([3]), "scores": torch.tensor([0.5])}
    >>> Detection(box=(0, 0, 2, 4), label=3)([seen])
    tensor([[0.2500]])
    """

    def __init__(self, box: Sequence[float], label: int) -> None:
        super().__init__()
        self.box, self.label = tuple(float(edge) for edge in box), label
        if len(self.box) != 4 or not (self.box[0] < self.box[2] and self.box[1] < self.box[3]):
            raise ModelError(f"box={list(box)}: expected x1, y1, x2, y2 with x1 < x2 and y1 < y2")

    def bound(self, names: Names) -> tuple[nn.Module, Names]:
        return self, (names[self.label] if names and self.label < len(names) else f"label {self.label}",)

    def forward(self, output: Any) -> Tensor:
        needed = ("boxes", "labels", "scores")
        if not isinstance(output, list) or not all(isinstance(one, Mapping) and {*needed} <= {*one} for one in output):
            raise ModelError(f"a detection is read of a list of dicts with {listing(needed)}, one an image")
        return torch.stack([self._likeness(**{name: one[name] for name in needed}) for one in output])

    def _likeness(self, boxes: Tensor, labels: Tensor, scores: Tensor) -> Tensor:
        box = boxes.new_tensor(self.box)
        width, height = (torch.minimum(boxes[:, 2:], box[2:]) - torch.maximum(boxes[:, :2], box[:2])).clamp(min=0).T
        areas = [(edges[..., 2] - edges[..., 0]) * (edges[..., 3] - edges[..., 1]) for edges in (boxes, box)]
        shared = width * height
        alike = shared / (areas[0] + areas[1] - shared) * scores * (labels == self.label)
        return alike.amax(0, keepdim=True) if len(alike) else scores.sum(0, keepdim=True)


class Called(Reading):
    """What a function makes of the output: scores (B,) or logits (B,K)."""

    def __init__(self, function: Callable[[Any], Tensor]) -> None:
        super().__init__()
        self.function = function

    def bound(self, names: Names) -> tuple[nn.Module, Names]:
        return self, None

    def forward(self, output: Any) -> Tensor:
        return self.function(output)


NAMED: Mapping[str, type[Reading]] = {"region": Region, "difference": Difference, "detection": Detection}
"""The readings of a run file."""


def reading_of(value: Any) -> nn.Module:
    """A reading, a module or a function as it is given; or `{name: arguments}`, a list or a mapping of them.

    Raises:
        ModelError: no such reading, or arguments that it does not take.
    """
    if isinstance(value, nn.Module):
        return value
    if callable(value):
        return Called(value)
    if not isinstance(value, Mapping) or len(value) != 1:
        raise ModelError(f"reads={value!r:.80}: expected one of {listing(NAMED)} with its arguments, or a function")
    ((name, given),) = value.items()
    if name not in NAMED:
        raise ModelError(f"unknown reading '{name}'{did_you_mean(str(name), NAMED)} (readings: {listing(NAMED)})")
    try:
        return NAMED[name](**given) if isinstance(given, Mapping) else NAMED[name](*given)
    except (TypeError, ValueError) as error:
        raise ModelError(f"reading '{name}' does not take {given!r:.80}: {error}") from error


def bound(reading: nn.Module, names: Names) -> tuple[nn.Module, Names]:
    """A reading for a network with these class names, and the names of what is read; of a user's module nobody knows.

    Raises:
        ModelError: it names a class that is not there.
    """
    return reading.bound(names) if isinstance(reading, Reading) else (reading, None)


def _span(given: Sequence[int], axis: str) -> tuple[int, int]:
    first, last = given
    if not 0 <= first < last:
        raise ModelError(f"{axis}={list(given)}: expected (first, last + 1) with 0 <= first <= last")
    return int(first), int(last)


def _index(value: int | str, names: Names) -> int:
    if isinstance(value, str):
        if names is None or value not in names:
            raise ModelError(f"the model has no class {value!r}{did_you_mean(value, names or ())}")
        return names.index(value)
    return value
