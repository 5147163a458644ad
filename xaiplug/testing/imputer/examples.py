"""Small imputers that keep the contract."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.data.groups import on_grid
from xaiplug.kinds import PixelImputer
from xaiplug.testing.shared.scenes import Fill


class Half(PixelImputer):
    """Removed features become 1/2."""

    def impute(self, inputs: Tensor, keep: Tensor, *, baseline: Tensor | None = None, generators: Any = None) -> Tensor:
        return torch.where(on_grid(keep, tuple(inputs.shape[1:])), inputs, torch.full_like(inputs, 0.5))


GOOD = (Half(), Fill())
