"""Model sources that keep the contract: a zoo of one, and constructors by name."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge
from torch import nn

from xaiplug.errors import ModelError
from xaiplug.kinds import ModelSource
from xaiplug.model.adapter import Model


class Zoo(ModelSource):
    """Small networks by name, untrained."""

    width: Annotated[int, Ge(1)] = 4
    """Hidden units."""

    def load(self, name: str, **further: Any) -> Model | nn.Module:
        if name != "mouse":
            raise ModelError(f"no model '{name}'; there is 'mouse'")
        return Model(self.network(), name=name)

    def network(self) -> nn.Module:
        """The network of that name."""
        return nn.Sequential(nn.Linear(3, self.width), nn.Tanh(), nn.Linear(self.width, 2)).eval()

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return "mouse", {}


class Plain(Zoo):
    """Parameters that are no fields go to the constructor; the network is given as it is."""

    open = True

    def load(self, name: str, **further: Any) -> Model | nn.Module:
        if name != "linear":
            raise ModelError(f"no model '{name}'; there is 'linear'")
        return nn.Linear(**further)

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return "linear", {"in_features": 3, "out_features": 2, "width": 2}


GOOD = (Zoo(), Plain())
