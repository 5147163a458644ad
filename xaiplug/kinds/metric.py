"""Metrics: of one explanation, of several models' explanations, or of what retraining makes of them."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, ClassVar

from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from torch import Tensor

    from xaiplug.data.explanation import Explanation
    from xaiplug.data.result import MetricResult
    from xaiplug.data.samples import Samples
    from xaiplug.kinds.task import BoundTask
    from xaiplug.model.adapter import Model
    from xaiplug.model.query import Query


@dataclass(frozen=True, eq=False)
class View:
    """One model's explanation of the samples that several models explain.

    `predicted` and `labels` are (B,) int64; `seen` (B,) bool: samples the model was trained on; None = unknown.
    """

    model: str
    query: Query
    explanation: Explanation
    predicted: Tensor
    labels: Tensor
    seen: Tensor | None = None


class Metric(Component):
    """Measures one explanation against its model or a known truth; or, by asking again, the explainer behind it.

    With `needs = ("explainer",)` the explainer of the explanation is there to be asked about other inputs, a copy of
    the model with other weights (`xaiplug.model.reweighted`), or other classes: `query.explain(...)`.
    """

    kind = "metric"
    default_scale: ClassVar[str | None] = None
    """Scale of the scores it asks the model for; None = the explanation's."""
    asks: ClassVar[str | None] = None
    """With the need `exact`: the statement of the truth that it compares with; of another truth it is undefined."""

    @abstractmethod
    def measure(self, query: Query, explanation: Explanation) -> Tensor | MetricResult:
        """Values (B,), NaN where undefined; or a `MetricResult` with a curve."""

    def read(self, measured: Tensor | MetricResult, batch: int) -> MetricResult:
        """What `measure` gave of B samples, checked and named.

        Raises:
            ShapeError: neither one value a sample nor one for all.
        """
        from torch import Tensor

        from xaiplug.data.result import MetricResult

        result = MetricResult(measured) if isinstance(measured, Tensor) else measured
        named = result if result.name else replace(result, name=self.called)
        return named.validate(batch)


class PairMetric(Component):
    """Compares the explanations that several models give of the same samples."""

    kind = "metric"
    needs = ("models",)

    @abstractmethod
    def compare(self, views: Sequence[View]) -> MetricResult:
        """One view per model, same samples in the same order."""


class RetrainMetric(Component):
    """Retrains a task's network on data that the explanations changed."""

    kind = "metric"
    needs = ("task",)

    @abstractmethod
    def retrain(
        self, task: BoundTask, explain: Callable[[Model, Samples], Explanation], seeds: Sequence[int]
    ) -> MetricResult:
        """Retrain from scratch once per seed.

        Args:
            task: the study's own task: its samples, its model, and `refit(samples, seed=...)`.
            explain: gives the explanations of any samples by any model, as the study asks for them.
            seeds: of the study.

        Returns:
            values (S,), one per retraining seed.
        """
