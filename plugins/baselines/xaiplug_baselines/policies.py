"""Reference policies: which samples of the pool stand for another answer.

Every policy says which samples of the pool it allows (B,N) and draws n of them per sample, from the sample's own seed:
none twice before all have come once. Classes of the pool are its labels.
"""

from __future__ import annotations

import warnings
from abc import abstractmethod
from typing import Annotated, ClassVar

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Baseline, Pool, Query
from xaiplug.data.samples import unknown
from xaiplug.errors import ComponentError, DataError


class Policy(Baseline):
    """n samples of the pool for every sample, (n,B,*shape).

    Raises:
        DataError: the pool has no sample that the policy allows.
    """

    reads_only = True
    needs = ("pool",)

    n: Annotated[int, Ge(1)] = 10
    """References per sample."""
    per_class: Annotated[int, Ge(1)] | None = None
    """So many of a class before classes come again, 1 or 2 in Zhuo and Ge, 2024 (Sec. 7.1); None = any."""

    by_label: ClassVar[bool] = True
    """Whether what is allowed depends on the labels of the pool; a sample without one is then no candidate."""

    @abstractmethod
    def allowed(self, query: Query, pool: Pool) -> Tensor:
        """(B,N) bool: which samples of the pool may stand for sample b."""

    def distance(self, query: Query, pool: Pool) -> Tensor | None:
        """(B,N): nearer samples are taken first, at random among equals; None = all are equal."""
        return None

    def build(self, query: Query) -> Tensor:
        pool: Pool = query.require("pool")
        allowed, lost = self.allowed(query, pool), ""
        if self.by_label and bool((without := unknown(pool.labels)).any()):
            allowed = allowed & ~without
            lost = f" ({int(without.sum())} of them have no label)"
        counts = allowed.sum(1)
        if not bool(counts.all()):
            rows = (counts == 0).nonzero().flatten().tolist()
            raise DataError(
                f"{type(self).__name__}: none of the pool's {len(pool.labels)} samples{lost} fits sample "
                f"{', '.join(map(str, rows))} (target {query.target.index[rows].tolist()}); give a larger pool"
            )
        order = query.uniform(len(pool.labels)).argsort(1)
        if (distance := self.distance(query, pool)) is not None:
            order = order.gather(1, distance.gather(1, order).argsort(dim=1, stable=True))
        if self.per_class is not None:
            taken = _before(torch.where(allowed, _numbered(pool.labels), -1).gather(1, order)) // self.per_class
            order = order.gather(1, taken.argsort(dim=1, stable=True))
        order = order.gather(1, (~allowed.gather(1, order)).long().argsort(dim=1, stable=True))
        turns = torch.arange(self.n, device=order.device)[None] % counts[:, None]
        return pool.inputs[order.gather(1, turns)].transpose(0, 1).contiguous()


class DatasetSample(Policy):
    """Any samples of the pool.

    Never the sample itself (Sturmfels et al., 2020).
    """

    by_label = False

    def allowed(self, query: Query, pool: Pool) -> Tensor:
        return _others(query, pool)


class OtherClass(Policy):
    """Samples of other classes.

    Any class but the explained one; of a one-output model, the label that it does not say.
    """

    def allowed(self, query: Query, pool: Pool) -> Tensor:
        return pool.labels[None] != _explained(query)[:, None]


class NormalClass(Policy):
    """Samples of one class, the normal one.

    For anomaly detection.
    """

    normal: Annotated[int, Ge(0)] = 0
    """The normal class."""

    def allowed(self, query: Query, pool: Pool) -> Tensor:
        if bool((query.target.index == self.normal).any()):
            warnings.warn(f"normal-class: class {self.normal} is explained against itself", stacklevel=2)
        return (pool.labels == self.normal).expand(len(query), -1)


class RelevantClasses(Policy):
    """Samples of the runner-up classes.

    The classes that the model ranks highest after the explained one.

    Raises:
        ComponentError: the model has fewer classes.
    """

    classes: Annotated[int, Ge(1)] = 3
    """How many classes: with 3, the model's second to fourth choice when the first is explained."""

    def allowed(self, query: Query, pool: Pool) -> Tensor:
        logits = query.logits.scatter(1, query.target.index[:, None], -torch.inf)
        if self.classes > logits.shape[1] - 1:
            raise ComponentError(
                f"relevant-classes: classes={self.classes}, and the model has {logits.shape[1] - 1} besides the target"
            )
        relevant = logits.topk(self.classes, dim=1).indices
        return (pool.labels[None, :, None] == relevant[:, None]).any(2)


class NearestLabels(Policy):
    """Samples whose labels differ least.

    They lack the explained label; the other labels are compared in ℓ1. For models with several labels.

    The labels of the pool are (N,K) of 0 and 1, or (N,) classes. Those of the explained samples are the model's own:
    every positive logit of a sigmoid model, else the highest.
    """

    def allowed(self, query: Query, pool: Pool) -> Tensor:
        return _labels(pool.labels, query.logits.shape[1]).T[query.target.index] == 0

    def distance(self, query: Query, pool: Pool) -> Tensor:
        logits = query.logits
        own = (logits > 0) if query.model.output == "sigmoid" else logits == logits.amax(1, keepdim=True)
        wanted = own.double().scatter(1, query.target.index[:, None], 0)
        return torch.cdist(wanted, _labels(pool.labels, logits.shape[1]), p=1)


class SameClass(Policy):
    """Samples of the class itself: a control; warns.

    The explained class; never the sample itself.
    """

    def allowed(self, query: Query, pool: Pool) -> Tensor:
        warnings.warn("same-class: references of the explained class are a control, not an explanation", stacklevel=2)
        return (pool.labels[None] == _explained(query)[:, None]) & _others(query, pool)


def _numbered(labels: Tensor) -> Tensor:
    """A number (N,) for each label, or for each row of labels (N,K)."""
    return labels.unique(dim=0, return_inverse=True)[1]


def _before(values: Tensor) -> Tensor:
    """How many equal values (B,N) come earlier in the row.

    >>> _before(torch.tensor([[7, 5, 7, 7, 5]]))
    tensor([[0, 0, 1, 2, 1]])
    """
    ordered, places = values.sort(dim=1, stable=True)
    first = torch.searchsorted(ordered, ordered)
    since = torch.arange(values.shape[1], device=values.device) - first
    return torch.zeros_like(since).scatter_(1, places, since)


def _explained(query: Query) -> Tensor:
    """(B,) the explained class as labels number it: with one output, 1 where it says yes (> 1/2, or logit > 0)."""
    if query.logits.shape[1] > 1:
        return query.target.index
    return (query.logits[:, 0] > (0 if query.model.output == "sigmoid" else 0.5)).long()


def _others(query: Query, pool: Pool) -> Tensor:
    """(B,N) bool: samples of the pool that are not the very sample."""
    return torch.stack([(pool.inputs != x).flatten(1).any(1) for x in query.inputs])


def _labels(labels: Tensor, classes: int) -> Tensor:
    """Labels (N,K) of 0 and 1, float64; all 0 where the label is unknown.

    Raises:
        DataError: labels of classes that the model does not have.
    """
    if labels.ndim == 2 and labels.shape[1] == classes:
        return labels.clamp(min=0).double()
    if labels.ndim != 1 or int(labels.max()) >= classes:
        raise DataError(
            f"nearest-labels: labels {tuple(labels.shape)} up to {int(labels.max())} are not those of the model's "
            f"{classes} classes"
        )
    coded = torch.nn.functional.one_hot(labels.clamp(min=0), classes).double()
    return coded.masked_fill(unknown(labels)[:, None], 0)
