"""RISE (Petsiuk, Das and Saenko, 2018)."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge, Gt, Le
from torch import Tensor

from xaiplug import Explainer, Query
from xaiplug.errors import ShapeError

_HELD = 2**25
"""Numbers of masked inputs held at once; how many of them go through the model together is `max_batch`."""


class Rise(Explainer):
    """Mean of random soft masks, weighted by the score of the input seen through each.

    S = 1/(p N) Σᵢ f(x ⊙ Mᵢ + x' ⊙ (1 - Mᵢ)) Mᵢ (Petsiuk et al., 2018, eq. 6; x' is black there).

    A mask is s x s cells, each 1 with probability p, upsampled (bilinear) to (s+1)c pixels a side with c = ⌈side/s⌉,
    and cut to the image at a random place less than a cell from the corner (Sec. 3.2; the paper's c is ⌊side/s⌋, the
    authors' code rounds up). E[M] is p in every pixel, so that a score that is always 1 gives 1 everywhere.

    For images (B,C,H,W) and baselines (n,B,C,H,W) the result is (B,1,H,W), in units of the score: a strength, above 0
    also where nothing counts. With several baselines the scores are averaged. No gradient is taken.

    Raises:
        ShapeError: the inputs are no images.
    """

    reads_only = True
    needs = ("baseline",)
    claims = ("implementation-invariance",)
    default_scale = "probability"
    signed = False

    masks: Annotated[int, Ge(1)] = 4000
    """Masks per sample (N); one forward a baseline each."""
    cells: Annotated[int, Ge(1)] = 7
    """Cells of a mask along a side (s)."""
    share: Annotated[float, Gt(0), Le(1)] = 0.5
    """Probability that a cell is kept (p)."""

    def explain(self, query: Query) -> Tensor:
        x = query.inputs
        if x.ndim != 4:
            raise ShapeError(f"rise explains images (B,C,H,W), got {tuple(x.shape)}")
        kept = (query.uniform(self.masks, self.cells, self.cells) < self.share).to(x.dtype)
        sides = tuple(x.shape[2:])
        shifts = [query.randint(-(-side // self.cells), self.masks) for side in sides]
        total = x.new_zeros(len(x), 1, *sides)
        for part in torch.arange(self.masks).split(max(1, _HELD // x.numel())):
            seen = upsampled(kept[:, part], [shift[:, part] for shift in shifts], sides)
            total += (self._scores(query, seen)[:, :, None, None] * seen).sum(1, keepdim=True)
        return total / (self.masks * self.share)

    @staticmethod
    def _scores(query: Query, masks: Tensor) -> Tensor:
        """Scores (B,M) of the samples seen through masks (B,M,H,W), the mean over the baselines."""
        x, rows = query.inputs, torch.arange(len(query), device=masks.device).repeat_interleave(masks.shape[1])
        seen = masks[:, :, None]
        parts = [
            query.score((b[:, None] + seen * (x - b)[:, None]).flatten(0, 1), rows) for b in query.require("baseline")
        ]
        return torch.stack(parts).mean(0).view(masks.shape[:2])


def upsampled(cells: Tensor, shifts: list[Tensor], sides: tuple[int, ...]) -> Tensor:
    """Masks (B,M,H,W) of cells (B,M,s,s), upsampled and cut at rows and columns `shifts` (B,M) each.

    >>> upsampled(torch.tensor([[[[0.0, 1.0], [0.0, 1.0]]]]), [torch.zeros(1, 1).long()] * 2, (4, 4))[0, 0, 0]
    tensor([0.0000, 0.0000, 0.3333, 0.6667])
    """
    rows, columns = (_weights(cells, shift, side) for shift, side in zip(shifts, sides, strict=True))
    return rows @ cells @ columns.mT


def _weights(cells: Tensor, shift: Tensor, side: int) -> Tensor:
    """What each cell gives to each of `side` pixels, (B,M,side,s), of masks cut at `shift` (B,M)."""
    count = cells.shape[-1]
    length = (count + 1) * -(-side // count)
    centres = (torch.arange(length, device=cells.device, dtype=cells.dtype) + 0.5) * count / length - 0.5
    index = torch.arange(count, device=cells.device, dtype=cells.dtype)
    whole = (1 - (centres.clamp(0, count - 1)[:, None] - index).abs()).clamp(min=0)
    return whole[shift[..., None] + torch.arange(side, device=cells.device)]
