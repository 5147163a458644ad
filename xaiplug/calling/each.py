"""Samples one by one, each with its own arguments of the network: no pass mixes rows of two of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from xaiplug.data.exact import Exact
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.target import Target
from xaiplug.errors import ComponentError, ShapeError
from xaiplug.model.adapter import Model
from xaiplug.model.arguments import given


def each_sample(
    model: Model, inputs: Tensor, arguments: Mapping[str, Tensor], asked: Mapping[str, Any]
) -> Iterator[tuple[Model, Tensor, dict[str, Any]]]:
    """Of each sample: the model with its arguments, its input (1,*shape), and its part of what else is asked.

    Raises:
        ShapeError: arguments that are no tensors with one row a sample. ComponentError: samples from a pool, whose
            arguments nobody knows.
    """
    model.check_inputs(inputs)
    wrong = [
        f"'{name}' {tuple(value.shape) if isinstance(value, Tensor) else type(value).__name__}"
        for name, value in arguments.items()
        if not isinstance(value, Tensor) or value.ndim == 0 or len(value) != len(inputs)
    ]
    if wrong:
        raise ShapeError(
            f"forward_args must be tensors with one row a sample ({len(inputs)},...), got {', '.join(wrong)}; what is "
            "the same for all goes into the network, or is repeated"
        )
    if asked.get("pool") is not None:
        raise ComponentError(
            "forward_args are those of the samples, and a pool's samples have none: give references or a baseline as a "
            "tensor instead"
        )
    for row in range(len(inputs)):
        one = {name: value[row : row + 1] for name, value in arguments.items()}
        parts = {name: _part(name, value, row, inputs) for name, value in asked.items()}
        yield given(model, one), inputs[row : row + 1], parts


def _part(name: str, value: Any, row: int, inputs: Tensor) -> Any:
    """What of a value belongs to a sample; all of it, where it is not one a sample."""
    batch, here = len(inputs), slice(row, row + 1)
    match value:
        case FeatureGroups() | Exact():
            return value[torch.tensor([row])]
        case Target():
            return Target(value.index[here], value.scale)
        case Tensor() if name in ("baseline", "references"):
            if value.ndim == inputs.ndim + 1 and value.shape[1] == batch:
                return value[:, here]
            return value[here] if value.shape == inputs.shape else value
        case Tensor() | np.ndarray():
            return value[here] if value.ndim and len(value) == batch else value
        case [*_] if name == "target" and len(value) == batch:
            return value[here]
    return value
