"""Convolutions over words (Kim, 2014)."""

import torch
from torch import Tensor, nn

__all__ = ["TextCNN"]


class TextCNN(nn.Module):
    """Filters over 3, 4 and 5 words, ReLU, their largest values, dropout, linear: (B,L,D) -> (B,classes).

    The network that the IG² paper explains on TREC: 100 filters of each width, so the representation has 300 numbers.
    """

    def __init__(
        self,
        *,
        length: int = 37,
        dimensions: int = 300,
        classes: int = 6,
        filters: int = 100,
        widths: tuple[int, ...] = (3, 4, 5),
        dropout: float = 0.5,
    ) -> None:
        super().__init__()
        if length < max(widths):
            raise ValueError(f"sentences of {length} words are shorter than the widest filter, {max(widths)}")
        # Modules, one of each kind a branch: DeepLIFT's rules go by module.
        self.branches = nn.ModuleList(
            nn.Sequential(
                nn.Conv1d(dimensions, filters, width), nn.ReLU(), nn.MaxPool1d(length - width + 1), nn.Flatten()
            )
            for width in widths
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(filters * len(widths), classes)

    def forward(self, x: Tensor) -> Tensor:
        words = x.transpose(1, 2)
        logits: Tensor = self.head(self.dropout(torch.cat([branch(words) for branch in self.branches], 1)))
        return logits
