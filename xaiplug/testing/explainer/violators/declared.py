"""Broken explainers: what a component declares of itself."""

from __future__ import annotations

from typing import Any

from torch import Tensor

from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.explainer.examples import Gradient
from xaiplug.testing.shared.violator import made, violator


class NeedsUndeclared(Explainer):
    """Uses a baseline that it does not declare."""

    def explain(self, query: Query) -> Tensor:
        baseline: Tensor = query.require("baseline")[0]
        return query.gradient(query.inputs) * (query.inputs - baseline)


class ClaimsUnknown(Gradient):
    """Claims an axiom that nobody knows."""

    claims = ("fidelity",)


class CannotPickle(Gradient):
    """Refuses to be pickled."""

    def __reduce__(self) -> Any:
        raise TypeError("holds an open file")


class HiddenState(Explainer):
    """What it computes depends on something that is no field."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "salt", next(made))

    def explain(self, query: Query) -> Tensor:
        return query.gradient(query.inputs).mul(1 + self.salt)  # type: ignore[attr-defined]


VIOLATORS = (
    violator("declared-needs", NeedsUndeclared(), "input-kinds"),
    violator("declared-attributes", ClaimsUnknown()),
    violator("pickles", CannotPickle()),
    violator("params-round-trip", HiddenState()),
)
