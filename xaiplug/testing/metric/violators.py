"""Broken metrics."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.data.result import MetricResult
from xaiplug.kinds import Metric
from xaiplug.model.query import Query
from xaiplug.testing.metric.examples import Agreement
from xaiplug.testing.shared.violator import made, violator


def _size(explanation: Explanation) -> Tensor:
    """Mean magnitude (B,) of a map."""
    return explanation.attribution.flatten(1).abs().nanmean(1)


class ImagesOnlyByAccident(Metric):
    """Takes the width of whatever it gets."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation) * query.inputs.shape[3]


class InputLevelOnly(Metric):
    """Multiplies the map with the input, which a group attribution does not fit."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return (explanation.attribution * query.inputs).flatten(1).sum(1)


class DirectionUp(Metric):
    """A direction that nobody knows."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        return MetricResult(_size(explanation), better="up")  # type: ignore[arg-type]


class StepsFall(Metric):
    """A curve drawn from right to left."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        values = _size(explanation)
        return MetricResult(values, curve=torch.stack([values, values], 1), steps=torch.tensor([1.0, 0.0]))


class SinglePrecision(Metric):
    """float32, whatever it is given."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation).float()


class Inverse(Metric):
    """Infinite for a map of zeros."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return 1 / _size(explanation)


class FollowsGlobalRandomness(Metric):
    """Draws from the global random state, and puts it back."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            return _size(explanation) * float(torch.rand(()))


class SeedsGlobally(Metric):
    """`torch.manual_seed` for a draw that is the same for every sample."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        torch.manual_seed(0)
        return _size(explanation) * float(torch.rand(()))


class FirstBatchOnly(Metric):
    """Every sample gets the value of the first: what a ROAD implementation in the wild does with its batches."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation)[:1].expand(len(query)).clone()


class ChunkStatistics(Metric):
    """Divides by the number of rows in a chunk."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation) / (query.max_batch if isinstance(query.max_batch, int) else 4)


class ViewsMaps(Metric):
    """Takes a map to lie in memory row by row."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        values = explanation.attribution
        return values.view(len(values), -1).abs().nanmean(1)


class NormalisesInPlace(Metric):
    """Divides the user's own map by its largest value."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        values = explanation.attribution
        values /= values.flatten(1).abs().amax(1).clamp(min=1e-12).view(-1, *(1,) * (values.ndim - 1))
        return _size(explanation)


class Trains(Metric):
    """Leaves the model in training mode."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        query.model.network.train()
        return _size(explanation)


class WritesForAMoment(Metric):
    """Adds to a parameter and takes it away again, though it says that it only reads."""

    reads_only = True

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        parameter = next(query.model.network.parameters())
        with torch.no_grad():
            parameter.add_(1).sub_(1)
        return _size(explanation)


class WrongWay(Agreement):
    """Declares the direction the wrong way round."""

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        return MetricResult(super().measure(query, explanation).values, better="lower")


class NeedsUndeclared(Metric):
    """Compares with a truth that it does not declare."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        share: Tensor = query.require("relevant").flatten(1).double().mean(1)
        return _size(explanation) * share


class AsksForMore(Metric):
    """Asks an exact answer for what none can say."""

    needs = ("exact",)
    asks = "cause"

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation)


class NeverAsks(Metric):
    """Needs the explainer, and looks at the one map that it has."""

    needs = ("explainer",)

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation)


class AsksTheSame(Metric):
    """Asks the explainer what it was asked already."""

    needs = ("explainer",)

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(query.explain())


class AsksAndForgets(Metric):
    """Asks the explainer about other inputs, and does not look at the answer."""

    needs = ("explainer",)

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        query.explain(0.9 * query.inputs)
        return _size(explanation)


class AsksUndeclared(Metric):
    """Asks an explainer that it does not declare."""

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(query.explain(0.9 * query.inputs))


class CannotPickle(Agreement):
    """Refuses to be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("holds an open file")


class HiddenState(Metric):
    """What it measures depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "unit", 1 + next(made))

    def measure(self, query: Query, explanation: Explanation) -> Tensor:
        return _size(explanation) * self.unit  # type: ignore[attr-defined, no-any-return]


VIOLATORS = (
    violator("input-kinds", ImagesOnlyByAccident()),
    violator("levels", InputLevelOnly()),
    violator("values", DirectionUp()),
    violator("values", StepsFall()),
    violator("precision", SinglePrecision()),
    violator("odd-maps", Inverse()),
    violator("deterministic", FollowsGlobalRandomness()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("batch-independent", FirstBatchOnly()),
    violator("max-batch", ChunkStatistics()),
    violator("memory-layout", ViewsMaps()),
    violator("inputs-untouched", NormalisesInPlace()),
    violator("model-untouched", Trains()),
    violator("model-untouched", WritesForAMoment()),
    violator("prefers-truth", WrongWay()),
    violator("declared-needs", NeedsUndeclared(), "input-kinds"),
    violator("declared-needs", AsksForMore(), "input-kinds"),
    violator("declared-needs", AsksUndeclared(), "input-kinds"),
    violator("explains-again", NeverAsks()),
    violator("explains-again", AsksTheSame()),
    violator("explains-again", AsksAndForgets()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
