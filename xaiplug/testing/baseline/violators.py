"""Broken baselines."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.kinds import Baseline
from xaiplug.model.query import Query
from xaiplug.testing.baseline.examples import Noise
from xaiplug.testing.shared.violator import made, violator


class ImagesOnlyByAccident(Baseline):
    """Takes the mean over rows and columns of whatever it gets."""

    def build(self, query: Query) -> Tensor:
        return query.inputs.mean((2, 3), keepdim=True).expand_as(query.inputs)[None]


class NoFirstDimension(Baseline):
    """(B,*shape) in place of (n,B,*shape)."""

    def build(self, query: Query) -> Tensor:
        return torch.zeros_like(query.inputs)


class SinglePrecision(Baseline):
    """float32, whatever the inputs are."""

    def build(self, query: Query) -> Tensor:
        return torch.zeros(1, *query.inputs.shape)


class Standardised(Baseline):
    """Divides by the input's spread, which a constant input does not have."""

    def build(self, query: Query) -> Tensor:
        flat = query.inputs.flatten(1)
        z = (flat - flat.mean(1, keepdim=True)) / flat.std(1, keepdim=True)
        return torch.sigmoid(z).view_as(query.inputs)[None]


class BelowBlack(Baseline):
    """-1 is black only where pixels are normalised."""

    def build(self, query: Query) -> Tensor:
        return torch.full_like(query.inputs, -1.0)[None]


class FollowsGlobalRandomness(Baseline):
    """Draws from the global random state, and puts it back."""

    def build(self, query: Query) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            noise = torch.rand(query.inputs.shape[1:]).to(query.inputs)
        return noise.expand_as(query.inputs)[None]


class SeedsGlobally(Baseline):
    """`torch.manual_seed` for noise that is the same for every sample."""

    def build(self, query: Query) -> Tensor:
        torch.manual_seed(0)
        return torch.rand(query.inputs.shape[1:]).to(query.inputs).expand_as(query.inputs)[None]


class MeanOfBatch(Baseline):
    """The mean of the samples that happen to be asked together."""

    def build(self, query: Query) -> Tensor:
        return query.inputs.mean(0, keepdim=True).expand_as(query.inputs)[None]


class Overwrites(Baseline):
    """Blackens the user's own input."""

    def build(self, query: Query) -> Tensor:
        query.inputs.mul_(0.5)
        return torch.zeros_like(query.inputs)[None]


class Trains(Baseline):
    """Leaves the model in training mode."""

    def build(self, query: Query) -> Tensor:
        query.model.network.train()
        return torch.zeros_like(query.inputs)[None]


class WritesForAMoment(Baseline):
    """Adds to a parameter and takes it away again, though it says that it only reads."""

    reads_only = True

    def build(self, query: Query) -> Tensor:
        parameter = next(query.model.network.parameters())
        with torch.no_grad():
            parameter.add_(1).sub_(1)
        return torch.zeros_like(query.inputs)[None]


class NeedsUndeclared(Baseline):
    """Draws from a pool that it does not declare."""

    def build(self, query: Query) -> Tensor:
        pool: Tensor = query.require("pool").inputs
        return pool[:1].expand_as(query.inputs)[None]


class CannotPickle(Noise):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open file")


class HiddenState(Baseline):
    """What it builds depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", 1 / (1 + next(made)))

    def build(self, query: Query) -> Tensor:
        return torch.full_like(query.inputs, self.level)[None]  # type: ignore[attr-defined]


VIOLATORS = (
    violator("input-kinds", ImagesOnlyByAccident()),
    violator("shape", NoFirstDimension(), "batch-independent"),
    violator("precision", SinglePrecision()),
    violator("finite", Standardised()),
    violator("input-range", BelowBlack()),
    violator("deterministic", FollowsGlobalRandomness()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("batch-independent", MeanOfBatch()),
    violator("inputs-untouched", Overwrites()),
    violator("model-untouched", Trains()),
    violator("model-untouched", WritesForAMoment()),
    violator("declared-needs", NeedsUndeclared(), "input-kinds"),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
