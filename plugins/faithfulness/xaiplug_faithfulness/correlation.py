"""Faithfulness correlation (Bhatt, Weller and Moura, 2020)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Literal

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explanation, FeatureGroups, MaskedGame, Metric, MetricResult, Query
from xaiplug.errors import ComponentError
from xaiplug_faithfulness.mu_fidelity import constant, pearson
from xaiplug_faithfulness.units import unit_values, units_of

_HELD = 2**27
"""Entries of sets held at once."""


class FaithfulnessCorrelation(Metric):
    """Correlation of attribution and drop of the score over random sets of features; higher is better.

    Pearson's, of (Σ_S attribution, f(x) - f(x without S)) over random sets S of units.

    Bhatt et al., 2020, eq. 4: `subsets` sets of `subset_size` units without replacement, from the sample's own seed.
    Values (B,) in [-1, 1]; 1 for a linear f and exact attributions; NaN where either side is constant.

    The defaults are those of the H-Sets supplement: 224 of all C·H·W scalars, where what a set changes is next to
    nothing on a large image, and the correlation mostly noise; `by="pixel"` or larger units tell more.

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(6, 1, bias=False)
    >>> ex = Explanation(net.weight.detach())
    >>> metric = FaithfulnessCorrelation(subset_size=3)
    >>> xaiplug.score(net, torch.ones(1, 6), ex, metric, baseline=torch.zeros(6)).values.round(decimals=4)
    tensor([1.])

    Raises:
        ComponentError: a sample has no more than `subset_size` units.
    """

    reads_only = True

    default_scale = "logit"

    by: Literal["scalar", "pixel", "patch", "group"] = "scalar"
    """What is removed: a scalar (one channel of one pixel), a pixel (or token, or column), a patch, a feature group."""
    patch: Annotated[int, Ge(1)] = 8
    """Side of a patch in pixels, for by="patch"."""
    subset_size: Annotated[int, Ge(1)] = 224
    """Units in a set."""
    subsets: Annotated[int, Ge(2)] = 100
    """Random sets per sample; one forward each."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        return ("groups", "imputer") if self.by == "group" else ("imputer",)

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        units = _scalars(query) if self.by == "scalar" else units_of(query, self.by, self.patch)
        if int(units.counts.min()) <= self.subset_size:
            raise ComponentError(
                f"faithfulness-correlation: sets of {self.subset_size} of {int(units.counts.min())} units; "
                "lower subset_size, or use smaller units"
            )
        totals = _totals(query, explanation, units)
        game = MaskedGame(query.replace(groups=units))
        sums, scores = [], []
        block = self.subsets if self.by == "group" else max(1, _HELD // (len(query) * units.count))
        for first in range(0, self.subsets, block):
            chosen = self._drawn(query, units, min(block, self.subsets - first))
            sums.append(totals[:, None].expand(-1, chosen.shape[1], -1).gather(2, chosen).sum(2))
            keep = torch.ones(*chosen.shape[:2], units.count, dtype=torch.bool, device=chosen.device)
            scores.append(game(keep.scatter_(2, chosen, False)))
        drop = query.scores[:, None] - torch.cat(scores, dim=1)
        found = pearson(torch.cat(sums, dim=1), drop).masked_fill(constant(drop, query.scores), torch.nan)
        return MetricResult(found, better="higher")

    def _drawn(self, query: Query, units: FeatureGroups, count: int) -> Tensor:
        """Units (B,count,subset_size) of `count` sets, none twice in a set."""
        if self.by != "group":
            orders = [query.permutation(units.count)[:, : self.subset_size] for _ in range(count)]
            return torch.stack(orders, dim=1)
        # Drawn group by group: what a group gets does not depend on how many groups other samples have.
        noise = torch.stack([query.uniform(count) for _ in range(units.count)], dim=2)
        return noise.masked_fill(~units.players[:, None], 2.0).argsort(2)[..., : self.subset_size]


def _scalars(query: Query) -> FeatureGroups:
    """Every scalar a unit of its own."""
    shape = query.inputs.shape[1:]
    labels = torch.arange(shape.numel(), device=query.inputs.device).view(1, *shape).expand_as(query.inputs)
    return FeatureGroups(labels, torch.full((len(query),), shape.numel(), device=query.inputs.device))


def _totals(query: Query, explanation: Explanation, units: FeatureGroups) -> Tensor:
    """Sum (B,G) of the attribution over each unit, 0 beyond counts; a group's own value for its own groups."""
    shape = tuple(query.inputs.shape[1:])
    if tuple(units.labels.shape[1:]) == shape:
        painted = explanation.on_inputs(shape)
        if explanation.level == "spatial" and painted.ndim < query.inputs.ndim:
            painted = painted.unsqueeze(-1)
        return painted.expand_as(query.inputs).flatten(1)
    values, own = unit_values(query, explanation, units), explanation.groups
    if explanation.level == "group" and own is not None and own.labels.shape == units.labels.shape:
        same = bool((own.labels == units.labels).all())
        return values.nan_to_num() if same else (values * units.sizes()).nan_to_num()
    return (values * units.sizes()).nan_to_num()
