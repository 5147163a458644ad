"""Many samples' curves, and several seeds', as one line with a band."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
import torch

from xaiplug.data.study import Curve
from xaiplug.view.bootstrap import Floats, column_means, intervals

_POINTS = 101


@dataclass(frozen=True, eq=False)
class Line:
    """Mean curve (T,) of an explainer over `count` samples, with its 95 % bootstrap band."""

    explainer: str
    steps: Floats
    mean: Floats
    low: Floats
    high: Floats
    count: int


@dataclass(frozen=True, eq=False)
class Chart:
    """All explainers' lines on one metric, model and data set."""

    model: str
    data: str
    metric: str
    lines: tuple[Line, ...]


def charts(curves: Iterable[Curve]) -> list[Chart]:
    """Curves gathered by model, data set and metric, in order of appearance; explainers likewise."""
    gathered: dict[tuple[str, str, str], dict[str, list[Curve]]] = {}
    for curve in curves:
        by_name = gathered.setdefault((curve.model, curve.data, curve.metric), {})
        by_name.setdefault(curve.explainer, []).append(curve)
    made = (Chart(*key, tuple(_lines(by_name))) for key, by_name in gathered.items())
    return [chart for chart in made if chart.lines]


def _lines(by_name: dict[str, list[Curve]]) -> Iterator[Line]:
    for name, parts in by_name.items():
        steps = parts[0].steps.detach().cpu().double()
        same = [p for p in parts if p.steps.shape == steps.shape and torch.allclose(p.steps.cpu().double(), steps)]
        if not steps.numel():
            continue
        values = _over_seeds([part.values.detach().cpu().double() for part in same])
        keep = np.unique(np.linspace(0, len(steps) - 1, min(len(steps), _POINTS)).round().astype(int))
        values = values[:, keep]
        mean = column_means(values)
        if not np.isfinite(mean).any():
            continue
        low, high = intervals(values, resamples=1000)
        count = int(np.isfinite(values).any(1).sum())
        yield Line(name, steps.numpy()[keep], mean, low, high, count)


def _over_seeds(values: list[torch.Tensor]) -> Floats:
    """Every sample averaged over seeds where all have the same samples, else all rows together."""
    if len({part.shape for part in values}) > 1:
        return torch.cat(values).numpy()
    mean: Floats = torch.stack(values).nanmean(0).numpy()
    return mean
