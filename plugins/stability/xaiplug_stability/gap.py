"""Whether a map changes more on samples that its model has not seen (Gong et al., 2024, Def. 2)."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from xaiplug import MetricResult, PairMetric, View
from xaiplug.errors import ComponentError
from xaiplug_stability.maps import map_of
from xaiplug_stability.seen import seen_by


class GeneralisationGap(PairMetric):
    """How much more a map depends on the model where that has not seen the sample (Def. 2); lower is better.

    Interpretation loss of models that have not seen a sample minus that of models that have, (B,).

    Def. 2 is E[L_population(I) - L_train(I)] with L the distance of a map to the optimal model's (Def. 1). That model
    is not known: the mean map of all other models stands in, so d_i(x) = ‖I_i(x) - mean over j≠i of I_j(x)‖₂, and the
    value of a sample is the mean of d_i over the models that did not train on it minus the mean over those that did.
    In units of the map; around 0 where seeing a sample does not matter; NaN where all models, or none, have seen it.
    The mean over a pool that was split into folds estimates Def. 2.

    Raises:
        ComponentError: fewer than three models (of two, both distances are one), or data that does not say which model
            saw what.
    """

    def compare(self, views: Sequence[View]) -> MetricResult:
        if len(views) < 3:
            raise ComponentError(
                f"the generalisation gap needs at least three models, got {len(views)}; of two, both are as far from "
                "each other on every sample (split-cifar with mode: folds, folds: 5)"
            )
        maps = torch.stack([map_of(view, "none").flatten(1) for view in views])
        others = (maps.sum(0) - maps) / (len(views) - 1)
        loss = (maps - others).norm(dim=2)
        seen = torch.stack([seen_by(view) for view in views])
        return MetricResult(_mean(loss, ~seen) - _mean(loss, seen), unit="l2", better="lower")


def _mean(values: Tensor, where: Tensor) -> Tensor:
    """Mean (B,) of values (M,B) over the models where `where`; NaN where there is none."""
    return (values * where).sum(0) / where.sum(0)
