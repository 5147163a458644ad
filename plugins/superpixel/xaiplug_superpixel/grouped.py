"""A query whose gradients are averaged over groups: κ inside the base method instead of on its result."""

from __future__ import annotations

from dataclasses import dataclass, field, fields

import torch
from torch import Tensor

from xaiplug import FeatureGroups, Query, Segmenter
from xaiplug.errors import ShapeError
from xaiplug_superpixel.ops import group_means


@dataclass(frozen=True, eq=False)
class GroupedQuery(Query):
    """Every gradient that a method asks for comes back as κ∇f.

    κ is that of the query's own groups; with a `segmenter`, that of the segmentation of the very point where the
    gradient is taken (pixel values clamped to [0,1] for it). `asked` counts the calls.
    """

    joint: bool = False
    segmenter: Segmenter | None = None
    asked: list[int] = field(default_factory=list)

    @classmethod
    def of(cls, query: Query, *, joint: bool, segmenter: Segmenter | None) -> GroupedQuery:
        """The same question; draws go on where `query` stopped."""
        own = {part.name: getattr(query, part.name) for part in fields(Query)}
        return cls(**own, joint=joint, segmenter=segmenter)

    def score_and_gradient(self, x: Tensor | None = None, rows: Tensor | None = None) -> tuple[Tensor, Tensor]:
        score, gradient = super().score_and_gradient(x, rows)
        x = self.inputs if x is None else x
        rows = torch.arange(len(x), device=x.device) if rows is None else rows
        self.asked.append(len(x))
        return score, group_means(gradient, self._labels(x, rows), joint=self.joint)

    def _labels(self, x: Tensor, rows: Tensor) -> Tensor:
        if self.segmenter is None:
            labels: Tensor = self.require("groups").labels[rows]
            return labels
        if x.ndim != 4:
            raise ShapeError(f"segmenters cut images (B,C,H,W), got {tuple(x.shape)}; use smoothgrad='static'")
        made = self.segmenter.segment(x.detach().clamp(0, 1), self.seeds[rows.to(self.seeds.device)])
        return FeatureGroups.from_labels(made.to(x.device)).validate(x).labels
