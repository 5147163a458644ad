"""What the theory of super-pixel maps speaks of (Gong et al., 2024, Sec. 3), for every two models."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from xaiplug import FeatureGroups, MetricResult, PairMetric, View
from xaiplug.data.groups import on_grid
from xaiplug_stability.maps import map_of, pairs


class InterpretationLoss(PairMetric):
    """Euclidean distance between the maps of every two models; lower is better.

    ‖I(f₁) - I(f₂)‖₂ over all scalars (B,), the mean over the pairs (Def. 1, with a second model for the optimum).

    In the units of the map. Of maps averaged over the same groups it is never larger (Prop. 1).
    """

    def compare(self, views: Sequence[View]) -> MetricResult:
        return MetricResult(_mean(views, lambda d, _: d.flatten(1).norm(dim=1)), better="lower")


class GroupingGap(PairMetric):
    """What a mean over feature groups would take off the squared interpretation loss (Prop. 2).

    Σ_S |S| Var_S(I(f₁) - I(f₂)) (B,), each channel on its own, the mean over the pairs.

    By Prop. 2 this is L²(I) - L²(κI) (population variance). 0 of maps that are averaged already; features in no group
    do not count.
    """

    needs = ("models", "groups")

    def compare(self, views: Sequence[View]) -> MetricResult:
        groups = views[0].query.require("groups")
        return MetricResult(_mean(views, lambda d, _: spread(d, groups)[0]))


class WithinGroupCorrelation(PairMetric):
    """How alike the differences of two models' maps are inside a feature group; 0 where they are independent.

    Mean correlation of the map differences of two positions of one group (B,), each channel on its own.

    With v the difference, centred over the sample: Σ_S Σ_{i≠j in S} v_i v_j / Σ_S (|S|-1) Σ_{i in S} v_i². 0 for
    independent noise, which grouping then divides by the size of the group (Sec. 3.3); 1 where v is constant on groups.
    The mean over the pairs of models; NaN where no group has two positions.
    """

    needs = ("models", "groups")

    def compare(self, views: Sequence[View]) -> MetricResult:
        groups = views[0].query.require("groups")
        return MetricResult(_mean(views, lambda d, inside: _correlation(d, groups, inside)))


def spread(values: Tensor, groups: FeatureGroups) -> tuple[Tensor, Tensor, Tensor]:
    """Σ_S |S| Var_S (B,) of values (B,K,P); with the sums (B,K,G) of values and of squares."""
    labels = groups.labels.flatten(1)
    index = torch.where(labels < 0, groups.count, labels)[:, None].expand_as(values)
    empty = values.new_zeros(*values.shape[:2], groups.count + 1)
    sums = empty.scatter_add(2, index, values)[..., :-1]
    squares = empty.scatter_add(2, index, values**2)[..., :-1]
    sizes = groups.sizes()[:, None].clamp(min=1)
    return (squares - sums**2 / sizes).sum((1, 2)).clamp(min=0), sums, squares


def _correlation(values: Tensor, groups: FeatureGroups, inside: Tensor) -> Tensor:
    count = inside.sum((1, 2), keepdim=True) * values.shape[1]
    centred = (values - (values * inside).sum((1, 2), keepdim=True) / count) * inside
    _, sums, squares = spread(centred, groups)
    sizes = groups.sizes()[:, None]
    return (sums**2 - squares).sum((1, 2)) / ((sizes - 1).clamp(min=0) * squares).sum((1, 2))


def _mean(views: Sequence[View], measure: Callable[[Tensor, Tensor], Tensor]) -> Tensor:
    """Mean of `measure(difference (B,K,P), inside (B,1,P))` over every two models."""
    found = []
    for one, two in pairs(views):
        difference = map_of(one, "none") - map_of(two, "none")
        found.append(measure(*_planes(difference, one)))
    return torch.stack(found).mean(0)


def _planes(values: Tensor, view: View) -> tuple[Tensor, Tensor]:
    """Values (B,*shape) as (B,K,P): K channels of P positions; and the positions that are in a group (B,1,P)."""
    groups = view.query.groups
    if groups is not None and groups.labels.shape == values.shape:
        return values.flatten(1)[:, None], (groups.labels >= 0).flatten(1)[:, None]
    flat = values.flatten(2) if values.ndim > 3 else values.movedim(2, 1) if values.ndim == 3 else values[:, None]
    if groups is None:
        return flat, torch.ones_like(flat[:, :1], dtype=torch.bool)
    on_grid(groups.labels, tuple(view.query.inputs.shape[1:]))
    return flat, (groups.labels >= 0).flatten(1)[:, None]
