"""A task that keeps the contract: two clouds of points, told apart by their means."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Generator, Tensor, nn

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError
from xaiplug.kinds import Task
from xaiplug.model.adapter import Model
from xaiplug.model.export import save_export


class Nearest(nn.Module):
    """The nearer of two means (2,F)."""

    def __init__(self, features: int) -> None:
        super().__init__()
        self.means = nn.Parameter(torch.zeros(2, features))

    def forward(self, x: Tensor) -> Tensor:
        return -torch.cdist(x, self.means)


def _spread(*, spread: float = 0.2) -> float:
    """The parameter that the task has; any other is a TypeError that names it."""
    return spread


class Clouds(Task):
    """Two clouds of points; the class is the cloud. Its training is a mean."""

    quick = {"spread": 0.1}

    def key(self, **params: Any) -> str:
        return hashlib.sha256(f"clouds {_spread(**params)}".encode()).hexdigest()[:16]

    def samples(self, split: str, *, limit: int | None = None, **params: Any) -> Samples:
        if split not in self.splits:
            raise DataError(f"no split '{split}'; there are {', '.join(self.splits)}")
        return self.drawn(self.splits.index(split), _spread(**params))[:limit]

    def drawn(self, seed: int, spread: float) -> Samples:
        """All samples of a split."""
        labels = torch.arange(80) % 2
        noise = torch.randn(80, 3, generator=Generator().manual_seed(seed))
        return Samples(labels[:, None] + spread * noise, labels)

    def train(self, output: Path, arguments: Sequence[str] = (), *, fold: int | None = None, **params: Any) -> Path:
        return self.fitted(output, self.samples("train", **params))

    def refit(self, output: Path, train: Samples, *, seed: int, fold: int | None = None, **params: Any) -> Path:
        return self.fitted(output, train)

    def fitted(self, output: Path, samples: Samples) -> Path:
        """The export of a network fitted to the samples."""
        network = Nearest(samples.inputs.shape[1])
        means = torch.stack([samples.inputs[samples.labels == label].mean(0) for label in range(2)])
        network.means.data = means
        return save_export(Model(network, class_names=("left", "right"), name="clouds"), output, features=len(means[0]))


GOOD = (Clouds(),)
