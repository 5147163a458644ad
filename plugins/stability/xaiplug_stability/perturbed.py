"""How far a map moves when its input moves a little, and the prediction stays."""

from __future__ import annotations

from abc import abstractmethod
from typing import Annotated

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explanation, Metric, MetricResult, Query


class _Perturbed(Metric):
    """The largest of a number over random inputs nearby whose predicted class is that of the sample.

    Inputs are drawn uniformly from the box of `radius` around the sample, within the model's input range. Where the
    prediction changes, a map should too: such draws do not count. Their share is `extras["filtered"]`; NaN where none
    is left.
    """

    needs = ("explainer",)
    reads_only = True

    samples: Annotated[int, Ge(1)] = 10
    """Inputs drawn near each sample."""
    radius: Annotated[float, Gt(0)] = 0.1
    """How far each value of an input may move."""

    @abstractmethod
    def rate(self, moved: Tensor, was: Tensor, apart: Tensor) -> Tensor:
        """A number (B,) from maps (B,...) of inputs that are `apart` (B,...)."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        x, was = query.inputs, explanation.attribution.nan_to_num()
        low, high = query.model.input_range or (-torch.inf, torch.inf)
        own = _predicted(query.logits)
        worst, kept = was.new_full((len(query),), -torch.inf), torch.zeros(len(query), device=x.device)
        for _ in range(self.samples):
            near = (x + self.radius * (2 * query.uniform(*x.shape[1:]) - 1)).clamp(low, high)
            same = _predicted(query.forward(near)) == own
            if bool(same.any()):
                moved = query.explain(near).attribution.nan_to_num()
                worst = torch.where(same, worst.maximum(self.rate(moved, was, near - x)), worst)
                kept += same
        values = worst.masked_fill(worst.isinf(), torch.nan)
        return MetricResult(values, better="lower", extras={"filtered": 1 - kept / self.samples})


class MaxSensitivity(_Perturbed):
    """Largest change of the map near the input, relative to the map's own norm; lower is better.

    max ‖Φ(y) - Φ(x)‖ / ‖Φ(x)‖ over y with ‖y - x‖∞ ≤ r and the prediction of x (Yeh et al., 2019, whose maximum is the
    norm alone; divided as in their code, so that methods of other units compare). A maximum over draws is a lower
    bound, which grows with `samples`. `extras["filtered"]` is the share of draws whose prediction was another.
    """

    radius: Annotated[float, Gt(0)] = 0.02
    """How far each value of an input may move."""

    def rate(self, moved: Tensor, was: Tensor, apart: Tensor) -> Tensor:
        return (moved - was).flatten(1).norm(dim=1) / was.flatten(1).norm(dim=1)


class LocalLipschitz(_Perturbed):
    """Largest change of the map by that of the input, near it; lower is better.

    max ‖Φ(y) - Φ(x)‖₂ / ‖y - x‖₂ over y near x with the prediction of x (Alvarez-Melis and Jaakkola, 2018, over random
    y: a lower bound, which grows with `samples`), in units of the map by units of the input.
    `extras["filtered"]` is the share of draws whose prediction was another.
    """

    def rate(self, moved: Tensor, was: Tensor, apart: Tensor) -> Tensor:
        return (moved - was).flatten(1).norm(dim=1) / apart.flatten(1).norm(dim=1)


def _predicted(logits: Tensor) -> Tensor:
    """The class (R,) predicted; of one output, whether it is positive."""
    return logits.argmax(1) if logits.shape[1] > 1 else (logits[:, 0] > 0).long()
