"""Two convolutions and two linear layers."""

import torch
from torch import Tensor, nn

__all__ = ["SmallCNN"]


class SmallCNN(nn.Module):
    """conv 3x3, pool, conv 3x3, pool, linear, linear, with ReLU between: (B,channels,size,size) -> (B,classes).

    It flattens before the linear layers, so it can tell *where* something lies.
    """

    def __init__(
        self, *, channels: int = 1, size: int = 28, classes: int = 10, width: int = 16, hidden: int = 64
    ) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(width, 2 * width, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
        )
        self.head = nn.Sequential(
            nn.Linear(2 * width * (size // 4) ** 2, hidden),
            nn.ReLU(),
            nn.Linear(hidden, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(torch.flatten(self.features(x), 1))
        return logits
