"""The pointing game (Zhang et al., 2018)."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import nan
from torch.nn import functional as F

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug_localisation.strength import Sign, strength


class PointingGame(Metric):
    """Whether the strongest position is on the truth.

    1 where it is, else 0 (Zhang et al., 2018); the mean is the hit rate. Several strongest positions (a whole
    super-pixel shares one value) count with the share of them that hits: the expected hit of a random pick, which
    depends on no scan order. NaN where the truth is empty.

    >>> import torch, xaiplug
    >>> truth = torch.tensor([[True, False, False]])
    >>> query = xaiplug.Query(None, torch.ones(1, 3), None, torch.zeros(1), relevant=truth)
    >>> PointingGame().measure(query, Explanation(torch.tensor([[0.9, 0.4, 0.6]]), "input")).values
    tensor([1.])
    """

    reads_only = True
    needs = ("relevant",)
    asks_first = False

    sign: Sign = "absolute"
    """Strength of a scalar: its absolute value, its positive part, or itself; summed over channels."""
    tolerance: Annotated[int, Ge(0)] = 0
    """Pixels by which a point may miss the truth (15 in the paper); of images and volumes."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        relevant = query.require("relevant")
        if self.tolerance and relevant.ndim > 2:
            side, pool = 2 * self.tolerance + 1, F.max_pool2d if relevant.ndim == 3 else F.max_pool3d
            grown = pool(relevant[:, None].float(), side, stride=1, padding=self.tolerance)
            relevant = grown[:, 0] > 0
        values = strength(query, explanation, self.sign).flatten(1)
        strongest = values == values.amax(1, keepdim=True)
        hits = (strongest & relevant.flatten(1)).sum(1).to(values.dtype) / strongest.sum(1)
        return MetricResult(hits.masked_fill(~relevant.flatten(1).any(1), nan), better="higher")
