"""`truth:and-of-patches`, as a model and as its data."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

from annotated_types import Ge

from xaiplug import DataSource, Model, ModelSource, Samples
from xaiplug.errors import DataError, ModelError, Problem, did_you_mean, listing
from xaiplug_truths.catalogue import CATALOGUE
from xaiplug_truths.drawing import drawn

EXAMPLE = "and-of-patches"


class TruthModel(ModelSource):
    """A network set by hand whose attributions are known in closed form: `truth:and-of-patches`, (B,1,16,16) -> (B,1).

    Its one output is a plain score. Data and answers come by the same name.
    """

    example = EXAMPLE

    def load(self, name: str, **further: Any) -> Model:
        if name not in CATALOGUE:
            raise ModelError(_unknown(name))
        return Model(CATALOGUE[name].network(), input_range=(0.0, 1.0), size=(16, 16), name=name)

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return _problems(name)

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return EXAMPLE, {}


class TruthData(DataSource):
    """Images (N,1,16,16) of a truth with `relevant`, the exact answer, and closed forms in `extras`.

    `exact` has the Shapley value of every 4x4 patch, black standing for absence, and which patches interact. `extras`:
    `shapley` (N,16), `integrated_gradients` from black and `gradient` (N,1,16,16), in float64. There is one split.
    """

    example = EXAMPLE

    count: Annotated[int, Ge(1)] = 64
    """Images; the first of more are the same."""
    seed: Annotated[int, Ge(0)] = 0
    """Of the images."""

    def load(self, name: str, *, split: str | None, limit: int | None, **further: Any) -> Samples:
        if name not in CATALOGUE:
            raise DataError(_unknown(name))
        if split not in (None, "test"):
            raise DataError(f"truth:{name} has no split '{split}'; there is 'test'")
        return drawn(name, self.count if limit is None else min(limit, self.count), self.seed)

    def problems(self, name: str, further: Mapping[str, Any], split: str | None = None) -> Sequence[Problem]:
        return _problems(name)

    def trial(self, folder: Path) -> tuple[str, dict[str, Any]] | None:
        return EXAMPLE, {"count": 4}


def _unknown(name: str) -> str:
    return f"no truth '{name}'{did_you_mean(name, CATALOGUE)} (truths: {listing(CATALOGUE)})"


def _problems(name: str) -> list[Problem]:
    return [] if name in CATALOGUE else [Problem(("use",), _unknown(name))]
