"""How far a map moves when one training sample is left out (Gong et al., 2024, Def. 3)."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from xaiplug import MetricResult, PairMetric, View
from xaiplug_stability.maps import map_of


class UniformStability(PairMetric):
    """Largest distance of a map to that of a network trained without one sample (Def. 3); lower is better.

    max over j of ‖I_0(x) - I_j(x)‖₂, (B,) in units of the map: the first model saw all samples, each other all but one,
    from the same seed (`split-cifar` with `mode: without-one`). Def. 3 calls a method ε-uniformly stable where this is
    at most ε for all inputs and all samples that can be left out: over the models given it is a lower bound of ε.
    """

    def compare(self, views: Sequence[View]) -> MetricResult:
        whole, *others = (map_of(view, "none").flatten(1) for view in views)
        apart = torch.stack([(whole - other).norm(dim=1) for other in others])
        return MetricResult(apart.amax(0), unit="l2", better="lower")
