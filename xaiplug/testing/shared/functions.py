"""Networks whose attributions are known in closed form, or in which no feature stands alone."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Linear(nn.Module):
    """Flatten and one linear layer: every attribution is known in closed form."""

    def __init__(self, features: int, classes: int = 4) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.head = nn.Linear(features, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.flatten(x))  # type: ignore[no-any-return]


class PairProduct(nn.Module):
    """Logit k = c_k times the product of the mean deviations of two blocks of features from `centre`.

    The blocks interact, nothing else does, and no feature has an effect of its own at the centre.
    """

    def __init__(self, first: Tensor, second: Tensor, centre: Tensor, classes: int = 4) -> None:
        super().__init__()
        self.register_buffer("first", first / first.sum())
        self.register_buffer("second", second / second.sum())
        self.register_buffer("centre", centre)
        self.head = nn.Linear(1, classes)

    def forward(self, x: Tensor) -> Tensor:
        away = (x - self.centre).flatten(1)  # type: ignore[operator]
        one = (away * self.first.flatten()).sum(1)  # type: ignore[operator]
        two = (away * self.second.flatten()).sum(1)  # type: ignore[operator]
        return self.head((one * two)[:, None])  # type: ignore[no-any-return]


class Saturating(nn.Module):
    """1 - relu(1 - h) of one linear unit h: flat once h > 1, so that the gradient at the input says nothing."""

    def __init__(self, weight: Tensor, offset: float, classes: int = 4) -> None:
        super().__init__()
        self.flatten = nn.Flatten()
        self.unit = nn.Linear(weight.numel(), 1)
        self.unit.weight.data = -weight.flatten()[None]
        self.unit.bias.data = torch.tensor([1.0 - offset], dtype=weight.dtype)
        self.relu = nn.ReLU()
        self.head = nn.Linear(1, classes)
        self.head.weight.data = -torch.linspace(1.0, 2.0, classes, dtype=weight.dtype)[:, None]
        self.head.bias.data = torch.linspace(1.0, 2.0, classes, dtype=weight.dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.unit(self.flatten(x))))  # type: ignore[no-any-return]


class Quota(nn.Module):
    """Units that wake when the weighted sum of the features passes a quota: players matter late, if at all."""

    def __init__(self, features: int, classes: int = 4) -> None:
        super().__init__()
        weight = torch.linspace(0.5, 1.5, features)
        quotas = torch.tensor([0.5, 0.7, 0.8]) * weight.sum()
        self.units = nn.Linear(features, len(quotas))
        self.relu = nn.ReLU()
        self.head = nn.Linear(len(quotas), classes)
        self.units.weight.data = weight.expand(len(quotas), -1).clone()
        self.units.bias.data = -quotas
        self.head.weight.data = torch.linspace(0.5, 4, classes * len(quotas)).view(classes, -1)
        self.head.bias.data.zero_()
        self.eval()

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.relu(self.units(x)))  # type: ignore[no-any-return]
