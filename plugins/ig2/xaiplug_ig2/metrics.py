"""What makes a counterfactual a good baseline: that it is one, and that it is near (Sec. 4.2)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Literal

import torch
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query
from xaiplug_ig2.baselines import margin


class CFValidity(Metric):
    """Share of counterfactuals that the model does not call the explained class; higher is better.

    Validity, Sec. 4.2. Values (B,) in [0,1]; NaN for a model with one output, and where the explanation kept no
    counterfactuals: `extras["counterfactual"]` (B,n,*shape), of `grad-cf-explanation` or a path method with `keep`.
    """

    reads_only = True

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        ends = explanation.extras.get("counterfactual")
        if ends is None or (query.model.output == "softmax" and query.logits.shape[1] == 1):
            return MetricResult(torch.full_like(query.scores, torch.nan), better="higher")
        logits = query.forward(ends.flatten(0, 1))
        index = query.target.index.repeat_interleave(ends.shape[1])
        left = (margin(logits, index, query.model.output) < 0).view(ends.shape[:2])
        return MetricResult(left.to(query.scores).mean(1), better="higher")


class CFDistance(Metric):
    """Distance of counterfactuals from the data, or from the input; lower is better.

    Root mean square. Values (B,) in units of the input, the mean over n counterfactuals; NaN where the explanation kept
    none (see `cf-validity`), or where no sample of the pool will do. Closeness to the data manifold (Sec. 4.2) is the
    distance to the nearest sample of the pool.
    """

    reads_only = True
    to: Literal["data", "class", "input"] = "data"
    """The nearest sample of the pool, the nearest one that the model calls the same as the counterfactual, or the
    explained sample itself."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return () if self.to == "input" else ("pool",)

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        ends = explanation.extras.get("counterfactual")
        if ends is None:
            return MetricResult(torch.full_like(query.scores, torch.nan), better="lower", unit="input")
        if self.to == "input":
            away = (ends - query.inputs.unsqueeze(1)).flatten(2).square().mean(2).sqrt()
        else:
            away = self._to_pool(query, ends.flatten(0, 1)).view(ends.shape[:2])
        return MetricResult(away.mean(1), better="lower", unit="input")

    def _to_pool(self, query: Query, ends: Tensor) -> Tensor:
        """(R,) to the nearest sample of the pool that will do."""
        pool = query.require("pool")
        exact = "donot_use_mm_for_euclid_dist"  # the fast way is off by rounding where the distance is 0
        away = torch.cdist(ends.flatten(1), pool.inputs.flatten(1), compute_mode=exact) / ends[0].numel() ** 0.5
        if self.to == "class":
            away = away.masked_fill(query.forward(ends).argmax(1)[:, None] != pool.predicted, torch.inf)
        nearest = away.amin(1)
        return nearest.masked_fill(nearest == torch.inf, torch.nan)
