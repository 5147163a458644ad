"""XAI-BENCH's synthetic rows, whose Shapley values are known exactly."""

from dataclasses import dataclass
from typing import ClassVar

import torch

from xaiplug import Samples
from xaiplug_trainers.analytic import brute_force_shapley
from xaiplug_trainers.data.base import Geometry, TaskData, generator
from xaiplug_trainers.data.piecewise import FEATURES, Variant, games, labels

__all__ = ["XaiBench"]


@dataclass(frozen=True)
class XaiBench(TaskData):
    """Rows (N,5) of independent standard Gaussians, labelled 0 or 1 by the piecewise rule of `piecewise.py`.

    `extras`: `game` (N,32), the exact E[y | x_S] in the order of `analytic.coalitions(5)`, and `shapley` (N,5), the
    exact Shapley values of that game. Features are independent for both variants, so conditional and marginal
    expectations agree.
    """

    variant: Variant = "paper"
    train_size: int = 10_000
    val_size: int = 1_000
    test_size: int = 2_000
    split_seed: int = 0

    splits: ClassVar[tuple[str, ...]] = ("train", "val", "test")

    @property
    def geometry(self) -> Geometry:
        return Geometry(shape=(FEATURES,), outputs=1)

    @property
    def class_names(self) -> tuple[str, ...]:
        return ("label",)

    def source_identity(self) -> str:
        return "xai-bench-1"

    def load(self, split: str) -> Samples:
        count = {"train": self.train_size, "val": self.val_size}.get(split, self.test_size)
        rows = torch.from_numpy(generator(self.split_seed, f"rows-{split}").normal(size=(count, FEATURES))).float()
        game = games(rows, self.variant)
        return Samples(
            inputs=rows,
            labels=labels(rows, self.variant),
            ids=tuple(f"xai-bench-{split}-{number}" for number in range(count)),
            extras={"game": game, "shapley": brute_force_shapley(game)},
        )
