"""A small network for rows of numbers."""

from torch import Tensor, nn

__all__ = ["MLP"]


class MLP(nn.Module):
    """features -> 64 -> batch norm -> tanh -> 16 -> tanh -> classes: (B,features) -> (B,classes).

    The XAI-BENCH network of the IG2 paper.
    """

    def __init__(self, *, features: int = 5, classes: int = 1, hidden: tuple[int, int] = (64, 16)) -> None:
        super().__init__()
        wide, narrow = hidden
        self.layers = nn.Sequential(
            nn.Linear(features, wide),
            nn.BatchNorm1d(wide),
            nn.Tanh(),
            nn.Linear(wide, narrow),
            nn.Tanh(),
            nn.Linear(narrow, classes),
        )

    def forward(self, x: Tensor) -> Tensor:
        outputs: Tensor = self.layers(x)
        return outputs
