"""One race: the same work done by us and by a peer at its best setting, in turns, outputs compared first."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import Any

import torch
from torch import Tensor

from xaiplug.testing.timing import Paired, paired

Way = Callable[[], Tensor]


@dataclass(frozen=True)
class Race:
    """A work and who does it.

    Args:
        settings: the peer's ways by the setting's name; the fastest in one trial each is raced.
        bare: the passes alone, without which nobody does it; None where the cost is not the network's.
        tolerance: largest difference of the outputs, as a share of the largest number, that is still rounding.
    """

    work: str
    network: str
    images: int
    peer: str
    ours: Way
    settings: Mapping[str, Way]
    bare: Way | None = None
    tolerance: float = 1e-4

    @property
    def name(self) -> str:
        """`gradient, resnet18, 1 image, captum`."""
        return f"{self.work}, {self.network}, {self.images} image{'s'[: self.images > 1]}, {self.peer}"


@dataclass(frozen=True)
class Row:
    """What came of a race; seconds are a processor's."""

    work: str
    network: str
    images: int
    peer: str
    version: str
    setting: str
    ours: float | None
    theirs: float | None
    ratio: float | None
    low: float | None
    high: float | None
    bare: float | None
    apart: float
    equal: bool

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def run(race: Race, rounds: int) -> Row:
    """Compare the outputs, choose the peer's setting, and time both; outputs that differ are not timed."""
    apart = max(_apart(race.ours(), way()) for way in race.settings.values())
    known = race.work, race.network, race.images, race.peer, version(race.peer)
    if not apart <= race.tolerance:
        return Row(*known, "", None, None, None, None, None, None, apart, False)
    setting = min(race.settings, key=lambda name: _seconds(race.settings[name]))
    against = _paired(race.ours, race.settings[setting], rounds)
    bare = None if race.bare is None else _paired(race.ours, race.bare, rounds).ratio
    ours, theirs = (sorted(seconds)[len(seconds) // 2] for seconds in (against.ours, against.theirs))
    low, high = against.interval
    return Row(*known, setting, ours, theirs, 1 / against.ratio, 1 / high, 1 / low, bare, apart, True)


def _paired(ours: Way, theirs: Way, rounds: int) -> Paired:
    return paired(ours, theirs, lambda *_: None, rounds=rounds, clock=time.process_time)


def _seconds(way: Way) -> float:
    before = time.process_time()
    way()
    return time.process_time() - before


def _apart(ours: Tensor, theirs: Tensor) -> float:
    if ours.shape != theirs.shape:
        raise ValueError(f"outputs {tuple(ours.shape)} and {tuple(theirs.shape)}")
    return float((ours.double() - theirs.double()).abs().max() / theirs.double().abs().max().clamp(min=1e-30))


def seeded(images: int, side: int) -> Tensor:
    """Images (N,3,H,W) in [0,1]."""
    return torch.rand(images, 3, side, side, generator=torch.Generator().manual_seed(0))
