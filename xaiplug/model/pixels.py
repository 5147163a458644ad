"""What stands around a network: pixels to what it was trained on, and what it returns to logits."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from xaiplug.data.finite import all_finite
from xaiplug.errors import ModelError, NonFiniteError, listing
from xaiplug.model.passes.parts import parameters

NARROW = (torch.float16, torch.bfloat16)
"""Networks in these are asked in float32, and answer in it: 16 bits count no further than 2048, or 256."""


class Narrow(nn.Module):
    """To the precision of a network in 16 bits."""

    def __init__(self, dtype: torch.dtype) -> None:
        super().__init__()
        self.dtype = dtype

    def forward(self, x: Tensor) -> Tensor:
        return x.to(self.dtype)


class Normalise(nn.Module):
    """(x - mean) / std per channel: pixel space to what the network was trained on, in its own 16 bits if so."""

    def __init__(self, mean: Sequence[float], std: Sequence[float], narrow: torch.dtype | None = None) -> None:
        super().__init__()
        self.narrow = narrow
        self.register_buffer("mean", torch.tensor(mean)[:, None, None], persistent=False)
        self.register_buffer("std", torch.tensor(std)[:, None, None], persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        normalised: Tensor = (x - self.mean.to(x.dtype)) / self.std.to(x.dtype)  # type: ignore[operator]
        return normalised if self.narrow is None else normalised.to(self.narrow)


class Logits(nn.Module):
    """Unwraps what networks return (a tensor, an object or dict with `logits`, a tuple) into logits (B,K).

    Those in 16 bits come in 32.

    Raises:
        ModelError: there are none, or they are no floating-point numbers. NonFiniteError: NaN or infinity.
    """

    def forward(self, output: Any) -> Tensor:
        output = unwrapped(output)
        if not output.is_floating_point():
            raise ModelError(
                f"the model returned {output.dtype}; logits are floating-point scores, and classes or labels have no "
                "gradient: return what is there before argmax, round or the cast"
            )
        if output.is_inference() and not torch.is_inference_mode_enabled():
            output = output.clone()
        _refuse_non_finite(output)
        logits: Tensor = output.unsqueeze(1) if output.ndim == 1 else output
        return logits.float() if logits.dtype in NARROW else logits


def unwrapped(output: Any) -> Tensor:
    """The tensor in what a network returns: itself, `logits` of an object or dict, or the first of a tuple.

    Raises:
        ModelError: there is none.
    """
    if isinstance(output, dict):
        if "logits" not in output:
            raise ModelError(
                f"the model returned a dict of {listing(map(str, output))} and none is called 'logits'; say what to "
                "explain by xaiplug.Model(..., reads=lambda output: output['...'])"
            )
        output = output["logits"]
    elif hasattr(output, "logits"):
        output = output.logits
    elif isinstance(output, tuple | list) and output:
        output = output[0]
    if not isinstance(output, Tensor):
        raise ModelError(f"the model returned {type(output).__name__}; expected a tensor, or something with .logits")
    return output


def _refuse_non_finite(logits: Tensor) -> None:
    """Every forward ends here, whoever asks for it: no NaN becomes a number further on.

    Raises:
        NonFiniteError: with the rows.
    """
    if not logits.ndim or all_finite(logits):
        return
    rows = (~logits.isfinite()).reshape(len(logits), -1).any(1).nonzero().flatten().tolist()
    raise NonFiniteError(f"the model returned NaN or infinity in row {', '.join(map(str, rows))}", rows)


def dtype_of(network: nn.Module) -> torch.dtype | None:
    """Of the first floating-point parameter; None without parameters."""
    return next((p.dtype for p in parameters(network) if p.is_floating_point()), None)


class Pixels(nn.Sequential):
    """normalise -> network -> reads -> logits, as one real module: hooks, fx, functional_call and captum all see it.

    Args:
        reads: from the network's output to logits (B,K); None where it gives them.
    """

    def __init__(
        self,
        network: nn.Module,
        mean: Sequence[float] | None,
        std: Sequence[float] | None,
        reads: nn.Module | None = None,
    ) -> None:
        super().__init__()
        dtype = dtype_of(network)
        narrow = dtype if dtype in NARROW else None
        if mean is not None:
            self.normalise: nn.Module = Normalise(mean, std if std is not None else [1.0] * len(mean), narrow)
        elif narrow is not None:
            self.normalise = Narrow(narrow)
        self.network = network
        if reads is not None:
            self.reads: nn.Module = reads
        self.logits = Logits()
        own = (self, *(part for part in self.children() if part is not network))
        for part in own:  # not self.train(): a frozen layer inside a training network stays frozen
            part.training = network.training


def normalisation(mean: Any, std: Any) -> tuple[tuple[float, ...] | None, tuple[float, ...] | None]:
    """Mean and std, one number a channel.

    Raises:
        ModelError: they are not that.
    """
    try:
        one, other = (None if value is None else tuple(float(number) for number in value) for value in (mean, std))
    except (TypeError, ValueError) as error:
        raise ModelError(
            f"mean={mean!r:.80}, std={std!r:.80}: expected one number a channel, (0.5, 0.5, 0.5)"
        ) from error
    if one is None and other is not None:
        raise ModelError(f"std={list(other)} without a mean; give mean= too, zeros where nothing is taken off")
    if one is not None and other is not None and len(one) != len(other):
        raise ModelError(f"mean has {len(one)} channels and std {len(other)}; give one number a channel in both")
    if (
        one == ()
        or not all(math.isfinite(value) for value in (*(one or ()), *(other or ())))
        or min(other or (1,)) <= 0
    ):
        raise ModelError(f"mean={one}, std={other}: expected finite numbers, and a std above 0")
    return one, other
