"""A network that reads the four cells of a grid with one trunk."""

import torch
from torch import Tensor, nn

__all__ = ["CellCNN"]


class CellCNN(nn.Module):
    """The same small trunk for each of the four cells, the largest of each feature over the cells, two linear layers.

    (B,channels,size,size) -> (B,classes); a cell is a quarter of the image. The maximum makes the answer independent
    of the order of the cells and of repeats, as a function of a *set* is (Qi et al., 2017).
    """

    def __init__(
        self,
        *,
        channels: int = 1,
        size: int = 56,
        classes: int = 31,
        width: int = 16,
        embedding: int = 64,
        hidden: int = 256,
    ) -> None:
        super().__init__()
        self.trunk = nn.Sequential(
            nn.Conv2d(channels, width, 5, stride=2, padding=2),
            nn.ReLU(),
            nn.Conv2d(width, 2 * width, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(2 * width * (-(-size // 8)) ** 2, embedding),
        )
        self.head = nn.Sequential(nn.Linear(embedding, hidden), nn.ReLU(), nn.Linear(hidden, classes))

    def forward(self, x: Tensor) -> Tensor:
        half = x.shape[-1] // 2
        quarters = [x[..., :half, :half], x[..., :half, half:], x[..., half:, :half], x[..., half:, half:]]
        features = self.trunk(torch.cat(quarters))
        logits: Tensor = self.head(torch.stack(features.chunk(4)).amax(0))
        return logits
