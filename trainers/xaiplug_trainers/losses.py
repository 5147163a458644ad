"""Losses by name: each takes outputs (B,K) and labels (B,) or (B,K) and gives the mean over the batch."""

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits, cross_entropy, mse_loss

__all__ = ["LOSSES", "binary_cross_entropy", "cross_entropy_and_expected_value", "squared_error"]


def cross_entropy_and_expected_value(outputs: Tensor, labels: Tensor) -> Tensor:
    """Cross-entropy plus the squared error of the expected class sum_c c p_c, in units of the largest class.

    For labels that are numbers (SET-SUM; MoXI, Sumiyasu et al., 2024, states "CE + MSE" and no weight: this reading
    divides the error by the largest class, so that both terms are of order one).
    """
    largest = outputs.shape[1] - 1
    values = torch.arange(largest + 1, device=outputs.device, dtype=outputs.dtype)
    expected = outputs.softmax(1) @ values
    return cross_entropy(outputs, labels) + mse_loss(expected / largest, labels / largest)


def squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean squared error of a single output (B,1) against the label 0 or 1."""
    return mse_loss(outputs[:, 0], labels.to(outputs.dtype))


def binary_cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    """Mean over all heads of outputs (B,K), logits, against labels (B,K) of 0 and 1."""
    return binary_cross_entropy_with_logits(outputs, labels.to(outputs.dtype))


LOSSES: dict[str, Callable[[Tensor, Tensor], Tensor]] = {
    "cross-entropy": cross_entropy,
    "cross-entropy-and-expected-value": cross_entropy_and_expected_value,
    "squared-error": squared_error,
    "binary-cross-entropy": binary_cross_entropy,
}
