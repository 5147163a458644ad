"""How good a trained model is."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn

__all__ = ["accuracy", "confusion", "outputs_of", "predicted", "predictions"]


@torch.inference_mode()
def outputs_of(model: nn.Module, batches: Iterable[Tensor]) -> Tensor:
    """Outputs (N,K) of batches of inputs in pixel space."""
    was_training = model.training
    model.eval()
    device = next(model.parameters()).device
    outputs = torch.cat([model(batch.to(device)).float().cpu() for batch in batches])
    model.train(was_training)
    return outputs


def predictions(model: nn.Module, inputs: Tensor) -> Tensor:
    """Predicted classes (N,) of inputs in pixel space; a single output means class 1 above one half."""
    return predicted(outputs_of(model, torch.split(inputs, 256)))


def predicted(outputs: Tensor) -> Tensor:
    """Classes (N,) of outputs (N,K)."""
    return outputs.argmax(1) if outputs.shape[1] > 1 else (outputs[:, 0] > 0.5).long()


def accuracy(predicted: Tensor, labels: Tensor) -> float:
    """The share of right predictions."""
    return round((predicted == labels).double().mean().item(), 6)


def confusion(predicted: Tensor, labels: Tensor, classes: int) -> list[list[int]]:
    """Counts (classes,classes): row = label, column = prediction."""
    counts = torch.bincount(labels * classes + predicted, minlength=classes * classes)
    rows: list[list[int]] = counts.reshape(classes, classes).tolist()
    return rows
