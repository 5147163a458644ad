"""The network of the IG² paper for wafer maps."""

import torch
from torch import Tensor, nn

__all__ = ["WaferCNN"]


class WaferCNN(nn.Module):
    """Three times conv 3x3, ReLU, pool; linear, ReLU, linear: (B,channels,size,size) -> (B,classes).

    32, 64 and 128 filters, the last pooling padded by one pixel: 128 x 8 x 8 numbers from 56 x 56 (Table B.5). The
    representation that IG² descends on is the output of the first linear layer.
    """

    def __init__(self, *, channels: int = 3, size: int = 56, classes: int = 9, hidden: int = 1250) -> None:
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(channels, 32, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(32, 64, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2),
            nn.Conv2d(64, 128, 3, padding=1),
            nn.ReLU(),
            nn.MaxPool2d(2, padding=1),
        )
        side = size // 4 // 2 + 1
        self.head = nn.Sequential(nn.Linear(128 * side * side, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x: Tensor) -> Tensor:
        logits: Tensor = self.head(torch.flatten(self.features(x), 1))
        return logits
