"""Broken imputers."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.data.groups import on_grid
from xaiplug.kinds import Imputer, PixelImputer
from xaiplug.model.query import Query, Removal
from xaiplug.testing.imputer.examples import Half
from xaiplug.testing.shared.violator import made, violator


class Replacing(PixelImputer):
    """What is removed becomes `self.filling(inputs)`; the base of the violators."""

    def impute(self, inputs: Tensor, keep: Tensor, *, baseline: Tensor | None = None, generators: Any = None) -> Tensor:
        kept = on_grid(keep, tuple(inputs.shape[1:])).expand_as(inputs)
        return torch.where(kept, inputs, self.filling(inputs, kept).to(inputs))

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        """What takes the place of the removed."""
        return torch.full_like(inputs, 0.5)


class ImagesOnlyByAccident(Replacing):
    """Takes the width of whatever it gets."""

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        return torch.full_like(inputs, 8 / (8 + inputs.shape[3]))


class ChangesAll(Imputer):
    """Removes by scaling the logits, and scales them also where nothing is removed."""

    def bind(self, query: Query) -> Removal:
        def remove(rows: Tensor, keep: Tensor) -> Tensor:
            return query.model(torch.full_like(query.inputs[rows], 0.5)) * (1 + keep.sum(1, keepdim=True))

        return remove


class Clamps(Replacing):
    """Clamps kept values too, where anything is removed."""

    def impute(self, inputs: Tensor, keep: Tensor, *, baseline: Tensor | None = None, generators: Any = None) -> Tensor:
        imputed = super().impute(inputs, keep)
        some = (~keep).flatten(1).any(1).view(-1, *(1,) * (inputs.ndim - 1))
        return torch.where(some, imputed.clamp(0.45, 0.55), imputed)


class Dims(Replacing):
    """Removed features are halved: still to be seen."""

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        return inputs / 2


class MeanOfRows(Replacing):
    """Fills with the mean of what is kept in all rows that happen to be asked together."""

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        return ((inputs * kept).sum() / kept.sum().clamp(min=1)).expand_as(inputs)


class FollowsGlobalRandomness(Replacing):
    """Draws from the global random state, and puts it back."""

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        with torch.random.fork_rng(devices=[]):
            return torch.rand(inputs.shape[1:]).expand_as(inputs)


class SeedsGlobally(Replacing):
    """`torch.manual_seed` for noise that is the same for every row."""

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        torch.manual_seed(0)
        return torch.rand(inputs.shape[1:]).expand_as(inputs)


class OwnGame(Imputer):
    """Fills with 1/2, as `Removal` of its own; the base of further violators."""

    def bind(self, query: Query) -> Removal:
        def remove(rows: Tensor, keep: Tensor) -> Tensor:
            assert query.groups is not None
            self.before(query, keep)
            kept = on_grid(query.groups.keep(rows, keep), tuple(query.inputs.shape[1:]))
            return query.model(torch.where(kept, query.inputs[rows], torch.full_like(query.inputs[rows], 0.5)))

        return remove

    def before(self, query: Query, keep: Tensor) -> None:
        """What it does on the way."""


class MistakesWidthForHeight(Imputer):
    """Takes rows of pixels to be as long as columns are: right on squares alone."""

    def bind(self, query: Query) -> Removal:
        def remove(rows: Tensor, keep: Tensor) -> Tensor:
            assert query.groups is not None
            kept, inputs = query.groups.keep(rows, keep), query.inputs[rows]
            if kept.ndim == 3:
                height, width = kept.shape[1:]
                kept = kept.flatten(1).unflatten(1, (width, height)).mT
                kept = kept.reshape(len(kept), height, width)
            return query.model(torch.where(on_grid(kept, tuple(inputs.shape[1:])), inputs, 0.5))

        return remove


class ChangesCoalitions(OwnGame):
    """Writes into the coalitions that it is given: an empty one gets its first group."""

    def before(self, query: Query, keep: Tensor) -> None:
        keep[~keep.any(1), 0] = True


class Trains(OwnGame):
    """Leaves the head in training mode."""

    def before(self, query: Query, keep: Tensor) -> None:
        query.model.network.get_submodule("head").train()


class WritesForAMoment(OwnGame):
    """Adds to a parameter and takes it away again, though it says that it only reads."""

    reads_only = True

    def before(self, query: Query, keep: Tensor) -> None:
        parameter = next(query.model.network.parameters())
        with torch.no_grad():
            parameter.add_(1).sub_(1)


class LeavesHookOnError(Imputer):
    """Removes its hook, unless the model raises."""

    def bind(self, query: Query) -> Removal:
        inner = OwnGame().bind(query)

        def remove(rows: Tensor, keep: Tensor) -> Tensor:
            handle = query.model.module.register_forward_hook(lambda *_: None)
            logits = inner(rows, keep)
            handle.remove()
            return logits

        return remove


class SaysNothingOfNothing(Imputer):
    """Has no answer where nothing is kept: NaN."""

    def bind(self, query: Query) -> Removal:
        whole = OwnGame().bind(query)

        def remove(rows: Tensor, keep: Tensor) -> Tensor:
            return whole(rows, keep).masked_fill(~keep.any(1, keepdim=True), torch.nan)

        return remove


class NeedsUndeclared(Imputer):
    """Uses a baseline that it does not declare."""

    def bind(self, query: Query) -> Removal:
        baseline = query.require("baseline")[0]

        def remove(rows: Tensor, keep: Tensor) -> Tensor:
            assert query.groups is not None
            kept = on_grid(query.groups.keep(rows, keep), tuple(query.inputs.shape[1:]))
            return query.model(torch.where(kept, query.inputs[rows], baseline[rows]))

        return remove


class CannotPickle(Half):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open file")


class HiddenState(Replacing):
    """What it fills with depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "level", 1 / (1 + next(made)))

    def filling(self, inputs: Tensor, kept: Tensor) -> Tensor:
        return torch.full_like(inputs, self.level)  # type: ignore[attr-defined]


VIOLATORS = (
    violator("places", MistakesWidthForHeight(), "removed-features"),
    violator("input-kinds", ImagesOnlyByAccident()),
    violator("logits", SaysNothingOfNothing()),
    violator("all-kept", ChangesAll()),
    violator("kept-features", Clamps()),
    violator("removed-features", Dims()),
    violator("batch-independent", MeanOfRows()),
    violator("deterministic", FollowsGlobalRandomness()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("inputs-untouched", ChangesCoalitions()),
    violator("model-untouched", Trains()),
    violator("model-untouched", WritesForAMoment()),
    violator("hooks-removed-on-error", LeavesHookOnError()),
    violator("declared-needs", NeedsUndeclared(), "input-kinds"),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
