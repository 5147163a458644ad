"""Broken model sources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from xaiplug.errors import ModelError, Problem
from xaiplug.model.adapter import Model
from xaiplug.testing.model_source.examples import Zoo
from xaiplug.testing.shared.violator import made, violator

ALL = ("same-again", "problems-hold", "pickles", "params-round-trip")
"""What else a source fails that loads nothing."""


class GivesWeights(Zoo):
    """Gives the weights, and no network to put them into."""

    def load(self, name: str, **further: Any) -> Any:
        return super().load(name).network.state_dict()  # type: ignore[union-attr]


class DrawsAnew(Zoo):
    """Takes its weights from the machine's own entropy."""

    def network(self) -> nn.Module:
        torch.seed()
        return super().network()


class TakesAnyName(Zoo):
    """Gives its one network for every name."""

    def load(self, name: str, **further: Any) -> Model | nn.Module:
        return self.network()


class NamesNothing(Zoo):
    """Says that there is no such thing, and not what."""

    def load(self, name: str, **further: Any) -> Model | nn.Module:
        if name != "mouse":
            raise ModelError("no such model")
        return super().load(name)


class RawError(Zoo):
    """Lets the error of a dictionary through."""

    def load(self, name: str, **further: Any) -> Model | nn.Module:
        return {"mouse": self.network()}[name]


class FindsFault(Zoo):
    """Knows none of its own names."""

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return [Problem(("use",), f"no model '{name}'")]


class CannotPickle(Zoo):
    """Refuses to be pickled."""

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("holds an open connection")


class HiddenState(Zoo):
    """What it gives depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "count", next(made))

    def network(self) -> nn.Module:
        return nn.Linear(3, 2 + self.count)  # type: ignore[attr-defined]


VIOLATORS = (
    violator("loads", GivesWeights(), *ALL),
    violator("same-again", DrawsAnew(), "pickles", "params-round-trip"),
    violator("unknown-name", TakesAnyName()),
    violator("unknown-name", NamesNothing()),
    violator("unknown-name", RawError()),
    violator("problems-hold", FindsFault()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
