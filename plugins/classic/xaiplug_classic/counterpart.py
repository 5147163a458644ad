"""An explainer's own map of something else: controls that are as smooth and as sparse as the map itself."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar, Literal

import torch
from torch import Tensor

from xaiplug import Explainer, Explanation, Use, use
from xaiplug.errors import ComponentError, DataError
from xaiplug.model import redrawn, reweighted

if TYPE_CHECKING:
    from xaiplug import Query


class Counterpart(Explainer):
    """Another explainer's map of another sample, of another class, or of a network that has learned nothing.

    A metric that sees must prefer the map itself. `random` is beaten by anything smooth; a counterpart is as smooth and
    as sparse as the map. Shapes and units are those of `of`, and the score is still that of the sample and the class
    that were asked for.

    Source: Adebayo et al. (2018), all layers reset at once, for the network; other classes and samples are ours.

    Raises:
        ComponentError: another class of a model with one output. DataError: the pool holds only the sample itself.
    """

    expected_failures: ClassVar[dict[str, str]] = {
        "places": "shows where something else lies",
        "class-permutation": "new weights do not follow the classes",
        "sign": "new weights are the same whatever the sign of the old ones",
    }

    of: Use[Explainer] = use("gradient")
    """The explainer."""
    what: Literal["network", "class", "sample"] = "network"
    """`network`: every layer has new weights. `class`: the strongest of the other classes is explained. `sample`: one
    of the pool is, drawn by the sample's seed, with the baseline and the groups of the sample that was asked for."""
    seed: int = 0
    """Draws the new weights; the same for all samples."""

    @property
    def needs(self) -> Collection[str]:  # type: ignore[override]
        own = ("pool",) if self.what == "sample" else ()
        return tuple(dict.fromkeys((*own, *self.of.needs)))

    @property
    def default_scale(self) -> str:  # type: ignore[override]
        return self.of.default_scale

    @property
    def signed(self) -> bool:  # type: ignore[override]
        return self.of.signed

    @property
    def min_groups(self) -> int:  # type: ignore[override]
        return self.of.min_groups

    def explain(self, query: Query) -> Explanation:
        other = {"network": self._network, "class": _class, "sample": _sample}[self.what](query)
        found = self.of.explain(other)
        answer = Explanation(found) if isinstance(found, Tensor) else found
        return answer.replace(residual=None, target=None, score=None, base_score=None)

    def _network(self, query: Query) -> Query:
        return query.replace(model=reweighted(query.model, redrawn(query.model, self.seed)))


def _class(query: Query) -> Query:
    """The question of the strongest class but the one that was asked for."""
    if query.logits.shape[1] < 2:
        raise ComponentError("counterpart: a model with one output has no other class; use what='network' or 'sample'")
    own = query.target.index.to(query.logits.device)[:, None]
    strongest = query.logits.scatter(1, own, -torch.inf).argmax(1)
    return query.replace(target=replace(query.target, index=strongest.to(query.target.index.device)))


def _sample(query: Query) -> Query:
    """The question of another sample: of what the model predicts there."""
    pool = query.require("pool")
    order = query.uniform(len(pool.inputs)).argsort(1)
    rows = []
    for own, picks in zip(query.inputs, order.tolist(), strict=True):
        others = (row for row in picks if not torch.equal(pool.inputs[row].to(own), own))
        row = next(others, None)
        if row is None:
            raise DataError("counterpart: the pool holds nothing but the sample itself; give it more samples")
        rows.append(row)
    inputs = pool.inputs[rows].to(query.inputs)
    index = pool.predicted[rows].to(query.target.index)
    return query.replace(inputs=inputs, target=replace(query.target, index=index))
