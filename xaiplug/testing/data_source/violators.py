"""Broken data sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError, Problem
from xaiplug.testing.data_source.examples import Drawn
from xaiplug.testing.shared.violator import made, violator


class GivesATensor(Drawn):
    """Gives the inputs alone."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Any:
        return super().load(name, split=split, limit=limit).inputs


class HoldsNothing(Drawn):
    """Begins its samples after the last one."""

    def drawn(self, seed: int) -> Samples:
        return super().drawn(seed)[self.count :]


class HoldsNaN(Drawn):
    """Has a pixel that nobody measured."""

    def drawn(self, seed: int) -> Samples:
        samples = super().drawn(seed)
        samples.inputs[0, 0] = torch.nan
        return samples


class Shuffles(Drawn):
    """Draws from the global random state, and puts it back."""

    def drawn(self, seed: int) -> Samples:
        with torch.random.fork_rng(devices=[]):
            return super().drawn(seed)[torch.randperm(self.count).tolist()]


class OneIdForAll(Drawn):
    """Calls every sample by the name of the data."""

    def drawn(self, seed: int) -> Samples:
        return replace(super().drawn(seed), ids=("noise",) * self.count)


class TheLast(Drawn):
    """Takes samples from the end."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        samples = super().load(name, split=split, limit=None)
        return samples if limit is None else samples[-limit:]


class TakesAnyName(Drawn):
    """Gives its one data for every name."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        return super().load("noise", split=split, limit=limit)


class RawError(Drawn):
    """Lets the error of a dictionary through."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        return super().load({"noise": name}[name], split=split, limit=limit)


class TakesAnySplit(Drawn):
    """Gives the test samples where it does not know a split."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        return super().load(name, split="train" if split == "train" else "test", limit=limit)


class NamesNoSplit(Drawn):
    """Says that there is no such split, and not which."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        if split not in (None, "train", "test"):
            raise DataError("no such split")
        return super().load(name, split=split, limit=limit)


class FindsFault(Drawn):
    """Knows none of its own names."""

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return [Problem(("use",), f"no data '{name}'")]


class SeedsGlobally(Drawn):
    """`torch.manual_seed` for samples that are the same every time."""

    def drawn(self, seed: int) -> Samples:
        torch.manual_seed(seed)
        return Samples(torch.rand(self.count, 3), torch.zeros(self.count, dtype=torch.int64))


class CannotPickle(Drawn):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open archive")


class HiddenState(Drawn):
    """What it gives depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "seed", next(made))

    def drawn(self, seed: int) -> Samples:
        return super().drawn(self.seed)  # type: ignore[attr-defined]

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return "noise", {}


NOTHING = ("same-again", "ids", "limit", "global-rng-untouched", "problems-hold", "pickles", "params-round-trip")
"""What else a source fails that loads nothing."""

VIOLATORS = (
    violator("loads", GivesATensor(), *NOTHING),
    violator("loads", HoldsNothing()),
    violator("loads", HoldsNaN()),
    violator("same-again", Shuffles()),
    violator("ids", OneIdForAll()),
    violator("limit", TheLast()),
    violator("unknown-name", TakesAnyName()),
    violator("unknown-name", RawError()),
    violator("unknown-split", TakesAnySplit()),
    violator("unknown-split", NamesNoSplit()),
    violator("problems-hold", FindsFault()),
    violator("global-rng-untouched", SeedsGlobally()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
