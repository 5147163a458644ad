"""Whether models that know more or fewer classes are explained by the same groups (Sumiyasu et al., 2024, Sec. 5.4)."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Annotated

import torch
from annotated_types import Gt, Le
from torch import Tensor

from xaiplug import MetricResult, PairMetric, View
from xaiplug.errors import ComponentError

_POINTS = 50


class TopOverlap(PairMetric):
    """Share of the first groups that every two models have in common; higher is better.

    Of the first m groups (or positions), the highest attribution first. The value (B,) is for m = round(first n), at
    least 1, the mean over every two models; orders drawn by chance have m/n in common. `curve` (B,T) is the overlap
    against m/n. Equal attributions come in the order of their numbers; positions of an input are summed over its
    channels.

    Raises:
        ComponentError: fewer than two models, or explanations over different groups.
    """

    first: Annotated[float, Gt(0), Le(1)] = 0.1
    """Share of the groups that counts."""

    def compare(self, views: Sequence[View]) -> MetricResult:
        if len(views) < 2:
            raise ComponentError("top-overlap compares at least two models")
        ranks = [_ranks(view) for view in views]
        if len({rank.shape for rank in ranks}) > 1:
            raise ComponentError("top-overlap compares explanations over the same groups; give one segmenter")
        n = ranks[0].shape[1]
        points = min(n, _POINTS)
        sizes = (torch.arange(1, points + 1) * n / points).round().long()
        chosen = torch.tensor([max(1, round(self.first * n))])
        pairs = list(combinations(ranks, 2))
        curve = torch.stack([overlap(one, other, sizes) for one, other in pairs]).mean(0)
        value = torch.stack([overlap(one, other, chosen) for one, other in pairs]).mean(0)
        like = views[0].explanation.attribution
        return MetricResult(value[:, 0].to(like), curve=curve.to(like), steps=(sizes / n).to(like), better="higher")


def overlap(one: Tensor, other: Tensor, sizes: Tensor) -> Tensor:
    """Share in common (B,T) of the first m, for each m of `sizes` (T,); `one`, `other` (B,G) give each group's rank.

    >>> overlap(torch.tensor([[0, 1, 2]]), torch.tensor([[1, 0, 2]]), torch.tensor([1, 2, 3]))
    tensor([[0., 1., 1.]])
    """
    both = torch.maximum(one, other)
    common = torch.stack([(both < int(size)).sum(1) for size in sizes], 1)
    return common / sizes.to(common.device)


def _ranks(view: View) -> Tensor:
    explanation = view.explanation
    values = explanation.attribution
    if explanation.level != "group" and values.ndim == 4:
        values = values.sum(1)
    ranked = values.flatten(1).nan_to_num(nan=-torch.inf)
    return ranked.argsort(dim=1, descending=True, stable=True).argsort(1)
