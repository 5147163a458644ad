"""Broken tasks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError
from xaiplug.testing.shared.violator import made, violator
from xaiplug.testing.task.examples import Clouds


class NamesASplitTwice(Clouds):
    """Has the same split under one name twice."""

    splits = ("train", "test", "test")


class HasNone(Clouds):
    """Names a split that is empty."""

    splits = ("train", "test", "rest")

    def drawn(self, seed: int, spread: float) -> Samples:
        return super().drawn(seed, spread)[80 if seed == 2 else 0 :]


class HoldsNaN(Clouds):
    """Has numbers that nobody measured."""

    def drawn(self, seed: int, spread: float) -> Samples:
        samples = super().drawn(seed, spread)
        samples.inputs[2, 0] = torch.nan
        return samples

    def fitted(self, output: Path, samples: Samples) -> Path:
        return super().fitted(output, replace(samples, inputs=samples.inputs.nan_to_num()))


class OneIdForAll(Clouds):
    """Calls every sample by its class."""

    def drawn(self, seed: int, spread: float) -> Samples:
        samples = super().drawn(seed, spread)
        return replace(samples, ids=tuple(map(str, samples.labels.tolist())))


class NoLimit(Clouds):
    """Gives all there are."""

    def samples(self, split: str, *, limit: int | None = None, **params: Any) -> Samples:
        return super().samples(split, **params)


class TheLast(Clouds):
    """Takes samples from the end."""

    def samples(self, split: str, *, limit: int | None = None, **params: Any) -> Samples:
        samples = super().samples(split, **params)
        return samples if limit is None else samples[-limit:]


class Shuffles(Clouds):
    """Draws from the global random state, and puts it back."""

    def drawn(self, seed: int, spread: float) -> Samples:
        with torch.random.fork_rng(devices=[]):
            return super().drawn(seed, spread)[torch.randperm(80).tolist()]


class KeyOfEverything(Clouds):
    """Its key is its parameters, and a sentence."""

    def key(self, **params: Any) -> str:
        return f"clouds with {params}: {super().key(**params)}"


class KeyOfTheDay(Clouds):
    """Its key is another each time."""

    def key(self, **params: Any) -> str:
        return f"{super().key(**params)}-{next(made)}"


class SeedsGlobally(Clouds):
    """`torch.manual_seed` for samples that are the same every time."""

    def drawn(self, seed: int, spread: float) -> Samples:
        torch.manual_seed(seed)
        return super().drawn(seed, spread)


class TakesAnySplit(Clouds):
    """Gives the test samples for every other name."""

    def samples(self, split: str, **params: Any) -> Samples:
        return super().samples(split if split == "train" else "test", **params)


class NamesNoSplit(Clouds):
    """Lets the error of a tuple through."""

    def samples(self, split: str, **params: Any) -> Samples:
        self.splits.index(split)
        return super().samples(split, **params)


class DropsParameters(Clouds):
    """Takes the parameters that it knows, and forgets the others."""

    def key(self, *, spread: float = 0.2, **params: Any) -> str:
        return super().key(spread=spread)

    def samples(self, split: str, *, limit: int | None = None, spread: float = 0.2, **params: Any) -> Samples:
        return super().samples(split, limit=limit, spread=spread)


class NamesNoParameter(Clouds):
    """Says that something is wrong, and not what."""

    def key(self, **params: Any) -> str:
        if params.keys() - {"spread"}:
            raise DataError("wrong parameters")
        return super().key(**params)


class NoFolds(Clouds):
    """Counts the folds of a task that has none."""

    def folds(self, **params: Any) -> int:
        return 0


class TrainsElsewhere(Clouds):
    """Writes its model where it likes."""

    def train(self, output: Path, arguments: Sequence[str] = (), *, fold: int | None = None, **params: Any) -> Path:
        return super().train(output / "best", arguments, fold=fold, **params)


class Diverges(Clouds):
    """A training that ends in NaN."""

    def train(self, output: Path, arguments: Sequence[str] = (), *, fold: int | None = None, **params: Any) -> Path:
        samples = self.samples("train", **params)
        return self.fitted(output, replace(samples, inputs=samples.inputs * torch.nan))


class RefitsTheSame(Clouds):
    """Trains again on what it was trained on before."""

    def refit(self, output: Path, train: Samples, *, seed: int, fold: int | None = None, **params: Any) -> Path:
        return self.train(output, **params)


class CannotPickle(Clouds):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open archive")


class HiddenState(Clouds):
    """Its key depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", next(made))

    def key(self, **params: Any) -> str:
        return f"{super().key(**params)}-{self.count}"  # type: ignore[attr-defined]


VIOLATORS = (
    violator("splits", NamesASplitTwice()),
    violator("samples", HasNone()),
    violator("samples", HoldsNaN(), "trains", "refits"),
    violator("samples", OneIdForAll()),
    violator("samples", NoLimit(), "limit"),
    violator("limit", TheLast()),
    violator("same-again", Shuffles()),
    violator("key", KeyOfEverything()),
    violator("key", KeyOfTheDay(), "pickles", "params-round-trip"),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("unknown-split", TakesAnySplit()),
    violator("unknown-split", NamesNoSplit()),
    violator("unknown-parameter", DropsParameters()),
    violator("unknown-parameter", NamesNoParameter()),
    violator("folds", NoFolds()),
    violator("trains", TrainsElsewhere()),
    violator("trains", Diverges()),
    violator("refits", RefitsTheSame()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
