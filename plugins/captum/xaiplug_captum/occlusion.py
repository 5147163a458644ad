"""Occlusion (Zeiler and Fergus, 2014)."""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil
from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, Query
from xaiplug.data.groups import grid_of, on_grid

_HELD = 2**25
"""Numbers of occluded inputs held at once."""


class Occlusion(Explainer):
    """How much the score falls under a window.

    The window slides over the input (Zeiler and Fergus, 2014, Sec. 4.2). A position p gets the mean of f(x) - f(x with
    window w replaced by the baseline) over the windows w that cover p. Windows start at multiples of the stride and are
    cut at the far edges (captum's layout). All channels of a position go together: the result is (B,1,H,W) for images,
    (B,1,D,H,W) for volumes, (B,L) for embeddings, (B,F) for rows, in units of the score. With n baselines, the mean of
    n maps. It sums to nothing in particular, unless windows do not overlap and f is additive.
    """

    reads_only = True
    needs = ("baseline",)
    claims = ("implementation-invariance", "linearity")

    window: Annotated[int, Ge(1)] = 8
    """Side of the window, in pixels; or positions, of embeddings and rows."""
    stride: Annotated[int, Ge(1)] | None = None
    """Step of the window; None = half a window."""

    def explain(self, query: Query) -> Explanation:
        inputs, baselines = query.inputs, query.require("baseline")
        grid, scores = grid_of(tuple(inputs.shape[1:])), query.scores
        total = inputs.new_zeros(len(query), *grid)
        covered = inputs.new_zeros(grid)
        block = max(1, _HELD // inputs.numel())
        rows = torch.arange(len(query), device=inputs.device)
        for windows in self._windows(grid, block):
            windows = windows.to(inputs.device)
            covered += windows.sum(0)
            hidden = on_grid(windows, tuple(inputs.shape[1:]))
            for baseline in baselines:
                occluded = torch.where(hidden[:, None], baseline, inputs)
                score = query.score(occluded.flatten(0, 1), rows.repeat(len(windows))).view(len(windows), -1)
                total += torch.einsum("wb,w...->b...", scores - score, windows.to(total.dtype))
        attribution = total / covered.clamp(min=1) / len(baselines)
        level = "input" if inputs.ndim == 2 else "spatial"
        return Explanation(attribution.unsqueeze(1) if inputs.ndim > 3 else attribution, level)

    def _windows(self, grid: tuple[int, ...], block: int) -> Iterator[Tensor]:
        """Masks (W,*grid) bool of the windows in raster order, `block` at a time."""
        stride = self.stride or max(1, self.window // 2)
        axes = []
        for side in grid:
            starts = torch.arange(ceil(max(0, side - self.window) / stride) + 1)[:, None] * stride
            places = torch.arange(side)
            axes.append((places >= starts) & (places < starts + self.window))
        for chosen in torch.cartesian_prod(*[torch.arange(len(axis)) for axis in axes]).split(block):
            index = chosen.view(len(chosen), -1)
            mask = axes[0][index[:, 0]]
            for place, axis in enumerate(axes[1:], 1):
                mask = mask[..., None] & axis[index[:, place]].view(len(index), *(1,) * place, -1)
            yield mask
