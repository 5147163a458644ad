"""Removal by replacement."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Generator, Tensor

from xaiplug import PixelImputer
from xaiplug.data.groups import on_grid


class BaselineImputer(PixelImputer):
    """What is removed becomes the baseline.

    What is kept stays; with n baselines the game averages the logits of all n.

    >>> inputs, baseline = torch.ones(1, 3), torch.zeros(1, 3)
    >>> BaselineImputer().impute(inputs, torch.tensor([[True, False, True]]), baseline=baseline)
    tensor([[1., 0., 1.]])
    """

    needs = ("baseline",)

    def impute(
        self,
        inputs: Tensor,
        keep: Tensor,
        *,
        baseline: Tensor | None = None,
        generators: Sequence[Generator] | None = None,
    ) -> Tensor:
        assert baseline is not None, "declared in `needs`"
        return torch.where(on_grid(keep, tuple(inputs.shape[1:])), inputs, baseline)
