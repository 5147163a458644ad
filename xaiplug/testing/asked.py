"""What the kit asks of components that are not explainers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.answering import run_metric
from xaiplug.asking import asking, built
from xaiplug.components import Baseline, Explainer, Imputer, Metric, Segmenter
from xaiplug.data.explanation import Explanation
from xaiplug.data.query import Query
from xaiplug.data.result import MetricResult
from xaiplug.data.seeds import sample_seeds
from xaiplug.testing.scenes import Scene, scene


class Removing(Explainer):
    """Stands for any game: groups and an imputer."""

    needs = ("groups", "imputer")

    def explain(self, query: Query) -> Tensor:
        raise NotImplementedError


def segmented(segmenter: Segmenter, images: Tensor | None = None, *, seed: int = 0) -> Tensor:
    """Labels (B,H,W) of the kit's images."""
    images = scene("images").inputs if images is None else images
    return segmenter.segment(images, sample_seeds(images, seed))


def built_baseline(baseline: Baseline, made: Scene | None = None, **changes: Any) -> Tensor:
    """Baselines (n,B,*shape) of a scene."""
    query = (made or scene("images")).ask(baseline, **changes)
    with asking(query.model):
        return built(baseline, query, "baseline")


def removing(imputer: Imputer, made: Scene, **changes: Any) -> Query:
    """The query that a game gets which removes features by `imputer`."""
    return made.replace(imputer=imputer).ask(Removing(), **changes)


def coalitions(query: Query) -> tuple[Tensor, Tensor]:
    """Rows (R,) and keep (R,G) bool: all, none, each alone missing in turn, and halves, for every sample."""
    assert query.groups is not None
    count = query.groups.count
    full = torch.ones(1, count, dtype=torch.bool)
    half = torch.arange(count)[None] % 2 == 0
    keep = torch.cat([full, ~full, half, ~half, ~torch.eye(count, dtype=torch.bool)[:2]])
    batch = len(query)
    rows = torch.arange(batch).repeat_interleave(len(keep))
    keep = keep.repeat(batch, 1) & query.groups.players[rows]
    return rows, keep


def imputed_logits(imputer: Imputer, made: Scene, **changes: Any) -> Tensor:
    """Logits (R,K) of the kit's coalitions of a scene."""
    query = removing(imputer, made, **changes)
    with asking(query.model), torch.no_grad():
        return imputer.bind(query)(*coalitions(query))


def explanation_of(made: Scene, query: Query, *, level: str = "input") -> Explanation:
    """A signed map as a method would give it: the gradient times the input, at a level."""
    with torch.enable_grad():
        values = query.gradient(query.inputs) * query.inputs
    if level == "spatial" and values.ndim == 4:
        values = values.sum(1, keepdim=True)
    return Explanation(values.detach(), target=query.target, score=query.scores.detach())


def measured(metric: Metric, made: Scene | None = None, **changes: Any) -> MetricResult:
    """A metric's result for the kit's explanation, as a user gets it."""
    query, explanation = question(metric, made or scene("images"), **changes)
    with asking(query.model), torch.no_grad():
        return run_metric(metric, query, explanation.validate(query))


def question(metric: Metric, made: Scene, *, level: str = "input", **changes: Any) -> tuple[Query, Explanation]:
    """A query for a metric, and an explanation to measure."""
    if metric.default_scale is None:
        changes = {"scale": "logit", **changes}
    query = made.ask(metric, **changes)
    explanation = explanation_of(made, query, level=level)
    return query, explanation.replace(groups=query.groups)
