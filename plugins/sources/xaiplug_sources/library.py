"""What sources of published networks share: their parameters, and weights from a file of one's own."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar, Literal

from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import nn

from xaiplug import ModelSource
from xaiplug.errors import DataError, Problem, UnavailableError, one_line


class Library(ModelSource):
    """Networks that a library makes by name; parameters that are no fields go to its constructor."""

    open = True
    paths = ("weights",)
    library: ClassVar[str]
    """What has to be installed."""
    smallest: ClassVar[str]
    """A small network, for the kit."""

    weights: str | None = "DEFAULT"
    """Published weights, the path of a .safetensors file, or none: untrained."""
    mean: tuple[float, ...] | None = None
    """Per channel, in place of the published one."""
    std: tuple[float, ...] | None = None
    """Likewise."""
    output: Literal["softmax", "sigmoid"] = "softmax"
    """One class of K, or K heads of their own."""

    def told_of_normalisation(self, name: str, mean: Sequence[float], std: Sequence[float]) -> None:
        """Warn that weights of one's own are given pixels as the published ones want them, where nobody says how."""
        if self.mean is None:
            warnings.warn(
                f"{self.weights} says nothing of mean and std; taken are those of {self.library}'s own {name}, "
                f"mean={list(mean)} std={list(std)}: give mean= and std= to say so, or otherwise",
                stacklevel=5,
            )

    @property
    def own_file(self) -> Path | None:
        """The file that `weights` names, if it names one."""
        return Path(self.weights) if self.weights is not None and self.weights.endswith(".safetensors") else None

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return [Problem(("use",), self._missing)] if self._missing else ()

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        if self._missing:
            raise UnavailableError(self._missing)
        return self.smallest, {"weights": None}

    @property
    def _missing(self) -> str:
        installed = find_spec(self.library) is not None
        return "" if installed else f"{self.library} is not installed; pip install {self.library}"


def load_weights(network: nn.Module, path: Path) -> None:
    """Put the weights of a safetensors file into a network, in the network's own dtypes.

    Raises:
        DataError: no such file, or one of another network.
    """
    if not path.is_file():
        raise DataError(f"no weights at {path}")
    own = network.state_dict()
    try:
        state = load_file(path)
        network.load_state_dict(
            {name: value.to(own[name].dtype) if name in own else value for name, value in state.items()}
        )
    except (SafetensorError, RuntimeError) as error:
        raise DataError(f"{path} holds no weights of this network: {one_line(error)}") from error
