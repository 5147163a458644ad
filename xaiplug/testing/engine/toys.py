"""What the kit's study is made of: a plug-in file, networks and images; every process that has the kit finds them."""

from __future__ import annotations

import time
from collections.abc import Sequence

import torch
from torch import Tensor, nn

import xaiplug
from xaiplug.kinds.metric import View


def network(seed: int = 0) -> nn.Module:
    """(B,3,16,16) -> (B,4)."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return nn.Sequential(nn.Conv2d(3, 16, 3), nn.ReLU(), nn.Flatten(), nn.Linear(16 * 14 * 14, 4))


def images() -> xaiplug.Samples:
    """(6,3,16,16)."""
    drawn = torch.rand(6, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    return xaiplug.Samples(drawn, torch.arange(6) % 4)


class Steep(xaiplug.Explainer):
    """Gradient of the target score, times a factor."""

    factor: float = 1.0
    """What it is multiplied with."""
    seconds: float = 0.0
    """How long it takes besides."""

    def explain(self, query: xaiplug.Query) -> Tensor:
        time.sleep(self.seconds)
        return query.gradient(query.inputs) * self.factor


class Size(xaiplug.Metric):
    """Mean magnitude."""

    def measure(self, query: xaiplug.Query, explanation: xaiplug.Explanation) -> Tensor:
        return explanation.attribution.abs().flatten(1).mean(1)


class Apart(xaiplug.PairMetric):
    """Mean difference of two models' maps."""

    def compare(self, views: Sequence[View]) -> xaiplug.MetricResult:
        one, other = (view.explanation.attribution for view in views)
        return xaiplug.MetricResult((one - other).abs().flatten(1).mean(1))


@xaiplug.hookimpl
def xaiplug_explainers() -> list[xaiplug.Spec]:
    return [xaiplug.Spec("kit-steep", Steep)]


@xaiplug.hookimpl
def xaiplug_metrics() -> list[xaiplug.Spec]:
    return [xaiplug.Spec("kit-size", Size), xaiplug.Spec("kit-apart", Apart)]
