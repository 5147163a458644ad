"""What the walks look at: scores, representations, and their gradients, from one forward."""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaiplug import Query
from xaiplug.model import passes
from xaiplug.model.passes import Fit
from xaiplug_ig2.ops import Distance, distance
from xaiplug_ig2.walk import Look

OUTPUT = "output"
"""The representation that is no layer's input: the logits."""


@dataclass
class Cost:
    """Rows differentiated: vector-Jacobian products, one sample and one cotangent each."""

    backwards: int = 0


@dataclass(frozen=True, eq=False)
class Probing:
    """Looks at rows of one query: `samples` (R,) says which sample each row belongs to.

    Args:
        goal: representations (R,D) that the loss measures the distance to; None = no loss (zeros).
    """

    query: Query
    samples: Tensor
    cost: Cost = field(default_factory=Cost)
    goal: Tensor | None = None
    kind: Distance = "euclidean"
    representation: str | None = None

    def __call__(self, points: Tensor, rows: Tensor, gradient: bool, downhill: bool) -> Look:
        """One forward of `points` (R,*shape), and one vector-Jacobian product for each gradient wanted."""
        with torch.set_grad_enabled(gradient or downhill):
            at = points.detach().requires_grad_(gradient or downhill)
            with self.query.naming(self.samples[rows]):
                features, logits = represent(self.query, at, self.representation, wanted=self.goal is not None)
            model, target = self.query.model, self.query.target
            score = target.score(logits, self.samples[rows], model.output)
            loss = torch.zeros_like(score) if self.goal is None else distance(features, self.goal[rows], self.kind)
            down = self._back(loss, at, keep=gradient) if downhill else None
            slope = self._back(score, at, keep=False) if gradient else None
        return Look(score.detach(), loss.detach(), slope, down)

    def _back(self, values: Tensor, at: Tensor, *, keep: bool) -> Tensor:
        self.cost.backwards += len(values)
        (found,) = torch.autograd.grad(values.sum(), at, retain_graph=keep, materialize_grads=True)
        return found


def represent(query: Query, x: Tensor, layer: str | None, *, wanted: bool = True) -> tuple[Tensor, Tensor]:
    """Representation (R,D) and logits (R,K) of x (R,*shape), with the graph of x.

    The representation is the input of the layer named, of the last linear one (None), or the logits ("output").

    Raises:
        ModelError: no such layer, or no linear one.
    """
    if layer == OUTPUT or not wanted:
        logits = query.model(x)
        return logits, logits
    return query.model.features_and_logits(x, layer)


def fit(query: Query, layer: str | None = OUTPUT) -> Fit:
    """How the query's network is best asked for a representation: rows at a time, and the memory format of points."""
    return passes.fit(query.model.module, query.inputs[:1], lambda x: represent(query, x, layer))
