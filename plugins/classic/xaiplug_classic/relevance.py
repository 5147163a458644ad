"""Relevance back along a tape: which rule each operation has."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

from xaiplug_classic import lrp_rules
from xaiplug_classic.lrp_rules import Layer
from xaiplug_classic.tape import Operation, Tape, wide

Rule = Callable[[Layer, Tensor], Tensor]


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CONVOLUTIONS = _names("conv1d conv2d conv3d conv_transpose1d conv_transpose2d conv_transpose3d")
_LAYERS = _CONVOLUTIONS | {"linear"}
_MERGING = _names("conv1d conv2d conv3d linear")
_ACTIVATIONS = _names("relu relu6 hardtanh leaky_relu elu celu selu tanh clamp clamp_min")
_MOVES = _names("""
cat concat concatenate stack flatten unflatten view view_as reshape reshape_as permute transpose swapaxes movedim
squeeze unsqueeze contiguous clone chunk split unbind getitem narrow select expand
expand_as repeat flip roll pad pixel_shuffle pixel_unshuffle channel_shuffle dropout dropout1d dropout2d dropout3d
alpha_dropout feature_dropout feature_alpha_dropout
""")
_CASTS = _names("to float double half bfloat16 type type_as")
_POOLS = _names("max_pool1d max_pool2d max_pool3d adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d amax")
_SUMS = _names("""
add sub rsub mul div neg mean sum avg_pool1d avg_pool2d avg_pool3d adaptive_avg_pool1d adaptive_avg_pool2d
adaptive_avg_pool3d interpolate upsample
""")
_SCALES = _names("add sub rsub mul div neg")
KNOWN = _LAYERS | {"batch_norm"} | _ACTIVATIONS | _MOVES | _CASTS | _POOLS | _SUMS
"""The operations that have a rule."""


@dataclass(frozen=True)
class Rules:
    """Which rule dense layers, convolutions and the layers that read the pixels have; the last: None, no own.

    `merge`: batch norms into the layer whose output they alone read. `ends`: lowest and highest pixel.
    """

    dense: Rule
    hidden: Rule
    first: Rule | None
    merge: bool
    ends: tuple[float, float]


def relevance(tape: Tape, logits: Tensor, start: Tensor, rules: Rules) -> Tensor:
    """Relevance (B,*shape) of the pixels of a tape, from `start` (B,K) at its `logits`.

    Raises:
        ModelError: an operation is used in a way that has no rule.
    """
    return _Backward(tape, logits, rules).run(start)


class _Backward:
    def __init__(self, tape: Tape, logits: Tensor, rules: Rules) -> None:
        self._tape, self._rules, self._logits = tape, rules, logits
        self._readers = tape.readers()
        self._merging: dict[int, tuple[Tensor, Tensor]] = {}
        ends = [torch.full_like(wide(tape.pixels), end).detach() for end in rules.ends]
        self._pixels: dict[int, tuple[Tensor, Tensor]] = {id(tape.pixels): (ends[0], ends[1])}
        for operation in tape.operations:
            self._mark_pixels(operation)

    def run(self, start: Tensor) -> Tensor:
        found: dict[int, Tensor] = {id(self._logits): wide(start)}
        for operation in reversed(self._tape.operations):
            arrived = [found.pop(id(output), None) for output in operation.outputs]
            if all(r is None for r in arrived):
                continue
            outputs = map(wide, operation.outputs)
            given = [torch.zeros_like(o) if r is None else r for o, r in zip(outputs, arrived, strict=True)]
            for value, r in zip(operation.inputs, self._passed(operation, given), strict=True):
                found[id(value)] = found[id(value)] + r if id(value) in found else r.detach()
        return found.get(id(self._tape.pixels), torch.zeros_like(wide(self._tape.pixels))).detach()

    def _passed(self, operation: Operation, given: list[Tensor]) -> list[Tensor]:
        """Relevance of the inputs of an operation from that of its outputs."""
        name = operation.name
        if name in _LAYERS:
            return [self._through_layer(operation, given[0])]
        if name == "batch_norm":
            self._merge(operation, self._norm(operation))
            return [given[0]]
        if self._one_to_one(operation):
            self._merge(operation, _scale_and_shift(operation))
            return [given[0]]
        if name in _CASTS:
            return [given[0]]
        if name in _ACTIVATIONS:
            self._check_activation(operation)
            return given
        if name in _SUMS:
            self._check_linear(operation)
            return lrp_rules.shared(operation.again, operation.inputs, given)
        if "dropout" in name:
            if _training(operation):
                raise self._tape.unknown(f"{name} at random")
            return given
        return lrp_rules.moved(operation.again, operation.inputs, given)

    def _through_layer(self, operation: Operation, r: Tensor) -> Tensor:
        x, weight, bias, rest = _arguments(operation)
        if len(operation.inputs) > 1 or operation.inputs[0] is not x:
            raise self._tape.unknown(f"{operation.name} with weights that depend on the pixels")
        weight, bias = wide(weight), wide(bias)
        output = operation.outputs[0]
        if id(output) in self._merging and operation.name in _MERGING and (operation.name != "linear" or x.ndim == 2):
            scale, shift = self._merging[id(output)]
            weight = weight * scale.view(-1, *[1] * (weight.ndim - 1))
            bias = shift if bias is None else bias * scale + shift
        layer = Layer(lambda x, w, b: operation.function(x, w, b, **rest), wide(x.detach()), weight, bias)
        if self._rules.first is not None and id(x) in self._pixels:
            low, high = self._pixels[id(x)]
            return self._rules.first(replace(layer, low=torch.minimum(low, high), high=torch.maximum(low, high)), r)
        return (self._rules.hidden if operation.name in _CONVOLUTIONS else self._rules.dense)(layer, r)

    def _merge(self, operation: Operation, change: tuple[Tensor, Tensor] | None) -> None:
        """A scale and a shift (C,) of the channels of a value that nothing else reads: for the layer that makes it."""
        x, output = operation.inputs[0], operation.outputs[0]
        if self._rules.merge and change is not None and self._readers[id(x)] == 1 and x is not self._logits:
            scale, shift = change
            more, further = self._merging.get(id(output), (torch.ones_like(scale), torch.zeros_like(shift)))
            self._merging[id(x)] = (scale * more, shift * more + further)

    def _norm(self, operation: Operation) -> tuple[Tensor, Tensor]:
        """Scale and shift of a batch norm."""
        if operation.function is not F.batch_norm or len(operation.inputs) > 1:
            raise self._tape.unknown("batch_norm that is not torch.nn.functional.batch_norm of one value")
        norm = {name: wide(value) for name, value in _bound(F.batch_norm, operation).items()}
        if norm["training"] or norm["running_mean"] is None:
            raise self._tape.unknown("batch_norm with the statistics of the batch")
        scale = (norm["running_var"] + norm["eps"]).rsqrt()
        scale = scale if norm["weight"] is None else scale * norm["weight"]
        shift = -norm["running_mean"] * scale
        return scale, shift if norm["bias"] is None else shift + norm["bias"]

    def _check_activation(self, operation: Operation) -> None:
        if len(operation.inputs) > 1 or any(bool(out.any()) for out in _at_zero(operation)):
            raise self._tape.unknown(f"{operation.name} that is not 0 at 0")

    def _check_linear(self, operation: Operation) -> None:
        if operation.name not in ("mul", "div"):
            return
        computed = [any(argument is value for value in operation.inputs) for argument in operation.args]
        if sum(computed) != 1 or (operation.name == "div" and not computed[0]):
            what = "a product" if operation.name == "mul" else "a quotient"
            raise self._tape.unknown(f"{what} of two values that depend on the pixels")

    def _mark_pixels(self, operation: Operation) -> None:
        """Keep the ends of what is still the pixels, moved about and scaled."""
        if not all(id(value) in self._pixels for value in operation.inputs):
            return
        if not (operation.name in _MOVES | _CASTS | {"batch_norm"} or self._one_to_one(operation)):
            return
        with torch.no_grad():
            ends = [operation.again([self._pixels[id(value)][end] for value in operation.inputs]) for end in (0, 1)]
        for output, low, high in zip(operation.outputs, *ends, strict=True):
            self._pixels[id(output)] = (wide(low), wide(high))

    def _one_to_one(self, operation: Operation) -> bool:
        """Whether each output reads one input and constants, as a normalisation or a scale does."""
        if operation.name not in _SCALES:
            return False
        self._check_linear(operation)
        same = operation.outputs[0].shape == operation.inputs[0].shape
        return same and sum(any(a is v for v in operation.inputs) for a in operation.args) == 1


def _arguments(operation: Operation) -> tuple[Tensor, Tensor, Tensor | None, dict[str, Any]]:
    """Input, weight, bias and the rest, by name, of a linear or convolution call."""
    names = ["input", "weight", "bias", "stride", "padding"]
    names += ["output_padding", "groups", "dilation"] if "transpose" in operation.name else ["dilation", "groups"]
    bound = {"bias": None, **dict(zip(names, operation.args, strict=False)), **operation.kwargs}
    return bound.pop("input"), bound.pop("weight"), bound.pop("bias"), bound


def _bound(function: Callable[..., Any], operation: Operation) -> dict[str, Any]:
    bound = inspect.signature(function).bind(*operation.args, **operation.kwargs)
    bound.apply_defaults()
    return bound.arguments


def _training(operation: Operation) -> bool:
    names = ("input", "p", "training")
    return bool({"training": True, **dict(zip(names, operation.args, strict=False)), **operation.kwargs}["training"])


def _at_zero(operation: Operation) -> tuple[Tensor, ...]:
    with torch.no_grad():
        return operation.again([torch.zeros_like(value) for value in operation.inputs])


def _scale_and_shift(operation: Operation) -> tuple[Tensor, Tensor] | None:
    """Of an operation of one input (B,C,...) and constants, by channel (C,); None where places of a channel differ."""
    with torch.enable_grad():
        nothing = torch.zeros_like(wide(operation.inputs[0])).requires_grad_()
        (shift,) = operation.again([nothing])
        (scale,) = torch.autograd.grad(shift.sum(), nothing)
    channels = [value.detach().transpose(0, 1).flatten(1) for value in (scale, shift)]
    if any(bool((values != values[:, :1]).any()) for values in channels):
        return None
    return channels[0][:, 0], channels[1][:, 0]
