"""Losses by name: each takes outputs (B,K) and labels (B,) or (B,K) and gives the mean over the batch."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from xaiplug.errors import DataError
from xaiplug_trainers.named import check_arguments, imported, place_of, split

__all__ = [
    "Loss",
    "binary_cross_entropy",
    "cross_entropy",
    "cross_entropy_and_expected_value",
    "loss_of",
    "loss_place",
    "squared_error",
]

Loss = Callable[[Tensor, Tensor], Tensor]


def cross_entropy(
    outputs: Tensor, labels: Tensor, *, label_smoothing: float = 0.0, weights: Sequence[float] | None = None
) -> Tensor:
    """Cross-entropy; `weights` are one a class, as torch's."""
    weight = None if weights is None else torch.tensor(weights, device=outputs.device, dtype=outputs.dtype)
    if weight is not None and len(weight) != outputs.shape[1]:
        raise DataError(f"{len(weight)} weights for {outputs.shape[1]} classes; give one a class, loss_params: weights")
    return functional.cross_entropy(outputs, labels, weight=weight, label_smoothing=label_smoothing)


def cross_entropy_and_expected_value(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy plus the squared error of the expected class sum_c c p_c, in units of the largest class.

    For labels that are numbers (SET-SUM; MoXI, Sumiyasu et al., 2024, states "CE + MSE" and no weight: this reading
    divides the error by the largest class, so that both terms are of order one).
    """
    largest = outputs.shape[1] - 1
    values = torch.arange(largest + 1, device=outputs.device, dtype=outputs.dtype)
    expected = outputs.softmax(1) @ values
    return functional.cross_entropy(outputs, labels) + functional.mse_loss(expected / largest, labels / largest)


def squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of a single output (B,1) against the label 0 or 1."""
    return functional.mse_loss(outputs[:, 0], labels.to(outputs.dtype))


def binary_cross_entropy(
    outputs: Tensor, labels: Tensor, *, label_smoothing: float = 0.0, weights: Sequence[float] | None = None
) -> Tensor:
    """Mean over all heads of outputs (B,K), logits, against labels (B,K) of 0 and 1; `weights` of label 1 by head."""
    weight = None if weights is None else torch.tensor(weights, device=outputs.device, dtype=outputs.dtype)
    if weight is not None and len(weight) != outputs.shape[1]:
        raise DataError(f"{len(weight)} weights for {outputs.shape[1]} heads; give one a head, loss_params: weights")
    smooth = labels.to(outputs.dtype) * (1 - label_smoothing) + label_smoothing / 2
    return functional.binary_cross_entropy_with_logits(outputs, smooth, pos_weight=weight)


_LOSSES = {
    "cross-entropy": "cross_entropy",
    "cross-entropy-and-expected-value": "cross_entropy_and_expected_value",
    "squared-error": "squared_error",
    "binary-cross-entropy": "binary_cross_entropy",
}


def loss_place(name: str) -> str:
    """`module:attribute` of a loss's name. Raises `DataError` naming the known losses."""
    return place_of("loss", name, {name: f"{__name__}:{function}" for name, function in _LOSSES.items()})


def loss_of(value: str | Mapping[str, Any], params: Mapping[str, Any] | None = None) -> Loss:
    """The loss of a name and parameters: a function with them, or an object of a class that is made with them.

    Raises `DataError` for an unknown name or parameter.
    """
    name, given = split(value, params)
    found = imported(loss_place(name))
    is_class = isinstance(found, type)
    check_arguments(f"loss {name}", found, given, without=0 if is_class else 2)
    if not is_class:
        loss: Loss = partial(found, **given) if given else found
        return loss
    try:
        made = found(**given)
    except TypeError as error:
        raise DataError(f"loss {name} cannot be made of {given}: {error}") from error
    if not isinstance(made, nn.Module) and not callable(made):
        raise DataError(f"loss {name} gives a {type(made).__name__}, which cannot be called")
    return made
