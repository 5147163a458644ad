"""A data source that keeps the contract: drawn samples by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import torch
from annotated_types import Ge
from torch import Generator

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError
from xaiplug.kinds import DataSource

SPLITS = ("train", "test")


class Drawn(DataSource):
    """Rows of noise; the class is whether the first number is the larger."""

    count: Annotated[int, Ge(1)] = 8
    """Samples of a split."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        if name != "noise":
            raise DataError(f"no data '{name}'; there is 'noise'")
        if split not in (None, *SPLITS):
            raise DataError(f"no split '{split}'; there are {', '.join(SPLITS)}")
        return self.drawn(SPLITS.index(split or "test"))[: self.cut(limit)]

    def cut(self, limit: int | None) -> int | None:
        """How many samples a limit leaves."""
        return limit

    def drawn(self, seed: int) -> Samples:
        """All samples of a split."""
        inputs = torch.rand(self.count, 3, generator=Generator().manual_seed(seed))
        return Samples(inputs, (inputs[:, 0] > inputs[:, 1]).long())

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return "noise", {"count": self.count}


GOOD = (Drawn(),)
