"""What MoXI reads off the logits of a coalition."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from xaiplug import Query, Target
from xaiplug_moxi.ops import first_best


@dataclass(frozen=True, eq=False)
class Seen:
    """Of R coalitions: what is optimised, the probability of the target, and whether it is predicted.

    `objectives` (R,Q) has one column per phase; the last is the target's score. `probability` (R,) and `correct` (R,)
    bool are None where a model has one output, a plain score.
    """

    objectives: Tensor
    probability: Tensor | None
    correct: Tensor | None

    def __getitem__(self, rows: Tensor) -> Seen:
        return Seen(
            self.objectives[rows],
            None if self.probability is None else self.probability[rows],
            None if self.correct is None else self.correct[rows],
        )


@dataclass(frozen=True, eq=False)
class Reward:
    """Reads logits (R,K) of samples rows (R,).

    Args:
        query: its target's scale is the scale of the reward.
        contrast: a first column, score of the class predicted for the whole input minus score of the target (App. F).
    """

    query: Query
    contrast: bool = False

    @property
    def classes(self) -> int:
        return int(self.query.logits.shape[1])

    @property
    def plain(self) -> bool:
        """One output that is no probability."""
        return self.classes == 1 and self.query.model.output == "softmax"

    def __call__(self, logits: Tensor, rows: Tensor) -> Seen:
        target, output = self.query.target, self.query.model.output
        scores = [target.score(logits, rows, output)]
        if self.contrast:
            scores.insert(0, Target(self.predicted, target.scale).score(logits, rows, output) - scores[0])
        if self.plain:
            return Seen(torch.stack(scores, 1), None, None)
        probability = Target(target.index, "probability").score(logits, rows, output)
        return Seen(torch.stack(scores, 1), probability, target.leads(logits, rows, output))

    @property
    def predicted(self) -> Tensor:
        """The class predicted for the whole input, (B,)."""
        logits = self.query.logits
        return first_best(logits, torch.ones_like(logits, dtype=torch.bool), largest=True)
