"""ROAR: RemOve And Retrain (Hooker et al., 2019)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Literal

import torch
from annotated_types import Ge, Le
from torch import Tensor

from xaiplug import Explanation, MetricResult, Model, RetrainMetric, Samples
from xaiplug.data.samples import known
from xaiplug.errors import ComponentError
from xaiplug_retraining.ops import Fill, RankBy, filling, ranks, without

if TYPE_CHECKING:
    from xaiplug.kinds.task import BoundTask


class Roar(RetrainMetric):
    """Accuracy after retraining without the most important features; lower is better.

    The study's model is explained on the training and the test split. For every level p, the p % highest-ranked
    positions of each sample are removed from both, and the task's own network is trained from scratch on what is left,
    once per seed. The curve (S,T) is its test score against the percent removed, for S seeds; `values` (S,) is the mean
    over the levels, or the area under the curve. A good explainer removes what the task needs: accuracy falls fast
    (Hooker et al., 2019, Sec. 3).

    Raises:
        DataError: the task has no split "train" or "test". ComponentError: an area over levels that do not rise.
    """

    levels: tuple[Annotated[float, Ge(0), Le(100)], ...] = (10.0, 20.0, 30.0, 40.0, 50.0, 60.0, 70.0, 80.0, 90.0)
    """Percent of the positions removed, whole ones: 30 % of five are one."""
    value: Literal["mean", "area"] = "mean"
    """The mean over the levels; or the area by the trapezoid rule over the shares removed (XAI-BENCH, whose levels are
    0, 10, 30, 50, 70 and 90)."""
    repeats: Annotated[int, Ge(1)] = 3
    """Trainings per level, from seeds that follow the study's first."""
    rank_by: RankBy = "absolute"
    """Rank positions by the magnitude of their attribution, or by the attribution itself."""
    fill: Fill = "mean"
    """What is removed becomes the training mean per channel, or a draw from the training data."""
    test_score: Literal["accuracy", "absolute-error"] = "accuracy"
    """Share of right answers, or the mean of |label - output| of a one-output network (XAI-BENCH; higher is better)."""
    train_limit: Annotated[int, Ge(1)] | None = None
    """Train on the first so many samples; None = all."""
    test_limit: Annotated[int, Ge(1)] | None = None
    """Test on the first so many samples; None = all."""

    def __post_init__(self) -> None:
        if self.value == "area" and (len(self.levels) < 2 or list(self.levels) != sorted(set(self.levels))):
            raise ComponentError(f"roar: an area needs two levels or more, rising; got {self.levels}")

    def retrain(
        self, task: BoundTask, explain: Callable[[Model, Samples], Explanation], seeds: Sequence[int]
    ) -> MetricResult:
        train, test = task.samples("train", limit=self.train_limit), task.samples("test", limit=self.test_limit)
        first = min(seeds)
        model = task.model()
        removed = [self._remover(samples, train, explain(model, samples), first) for samples in (train, test)]
        curve = torch.empty(self.repeats, len(self.levels))
        for column, level in enumerate(self.levels):
            changed_train, changed_test = (remove(level) for remove in removed)
            for row in range(self.repeats):
                curve[row, column] = self._score(task.refit(changed_train, seed=first + row), changed_test)
        lower = self.test_score == "accuracy"
        shares = torch.tensor(self.levels) / 100
        return MetricResult(
            torch.trapezoid(curve, shares) if self.value == "area" else curve.mean(1),
            curve=curve,
            steps=torch.tensor(self.levels),
            better="lower" if lower else "higher",
        )

    def _remover(
        self, samples: Samples, train: Samples, explanation: Explanation, seed: int
    ) -> Callable[[float], Samples]:
        rank = ranks(explanation, tuple(samples.inputs.shape[1:]), self.rank_by)
        fill = filling(samples.inputs, train.inputs, self.fill, seed)
        return lambda level: replace(samples, inputs=without(samples.inputs, rank, level, fill))

    def _score(self, model: Model, samples: Samples) -> Tensor:
        with model.frozen(), torch.no_grad():
            outputs = torch.cat([model(part.to(model.device)).cpu() for part in samples.inputs.split(256)])
        known(samples.labels, f"metric '{self.called}'")
        if self.test_score == "absolute-error":
            return (samples.labels - outputs.squeeze(1)).abs().mean()
        predicted = outputs.argmax(1) if outputs.shape[1] > 1 else (outputs.squeeze(1) > 0.5).long()
        return (predicted == samples.labels).float().mean()
