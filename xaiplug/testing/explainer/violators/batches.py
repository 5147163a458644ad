"""Broken explainers: who else is in the batch."""

from __future__ import annotations

from torch import Tensor

from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.violator import violator


class NormalisesOverBatch(Explainer):
    """Divides by the largest value of the batch."""

    def explain(self, query: Query) -> Tensor:
        gradient = query.gradient(query.inputs)
        return gradient / gradient.abs().max()


class ChunkStatistics(Explainer):
    """Divides each chunk by its own number of rows."""

    def explain(self, query: Query) -> Tensor:
        rows = query.max_batch if isinstance(query.max_batch, int) else 4
        return query.gradient(query.inputs) / rows


VIOLATORS = (
    violator("batch-independent", NormalisesOverBatch(), "single-target"),
    violator("max-batch", ChunkStatistics()),
)
