"""The fields of IDG-Vis, and the score of one set."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Query
from xaiplug_hsets.idg import (
    AbsMode,
    Aggregate,
    ScaleMode,
    Subsets,
    aggregated,
    dividends,
    path_gradients_of,
    subset_masks,
)


class Scoring(Explainer):
    """How IDG-Vis scores a set."""

    reads_only = True
    abs_mode: AbsMode = "inside"
    """Where the absolute value is taken: inside the mean over the path (Lemma 1), outside it (the original IDG), none
    (Algorithm 2 as printed; signed), or reference (the published code: the norm of â ⊙ mean |∇f|, with the class that
    is predicted at each point of the path)."""
    scale_mode: ScaleMode = "unit"
    """unit: per unit of length in the direction of T (paper); path: for the whole way, in units of the score."""
    subsets: Subsets = "sample"
    """Which T of a set: samples by fair coins, or exact for all (sets of at most 16 features)."""
    aggregate: Aggregate = "mean"
    """mean; sum (paper, grows with `samples`); unbiased = 2^|I|/samples times the sum (small sets only)."""
    steps: Annotated[int, Ge(1)] = 30
    """Steps of the path (m in the paper); steps + 1 gradients per sample and baseline, both ends included."""
    samples: Annotated[int, Ge(1)] = 30
    """Subsets drawn per set (M in the published code)."""

    @property
    def signed(self) -> bool:  # type: ignore[override]
        """Only without an absolute value."""
        return self.abs_mode == "none"

    def gradients(self, query: Query, row: int) -> Tensor:
        """Gradients (n,steps+1,d) that score every set of a sample."""
        return path_gradients_of(query, row, self.steps, own_class=self.abs_mode != "reference")

    def value(self, members: Tensor, ways: Tensor, gradients: Tensor, seed: int, *, lost: float = 0.0) -> Tensor:
        """a(I) (scalar) of flat features `members` (n,), the mean over baselines.

        Args:
            ways: (n_baselines,d), x - x'. gradients: (n_baselines,steps+1,d).
            seed: of the draws of this sample.
            lost: dividend of a subset without a direction (empty, or all at the baseline); NaN loses the whole set.
        """
        masks = subset_masks(len(members), self.subsets, self.samples, seed).to(ways.device)
        complete = self.subsets == "exact"
        total = ways.new_zeros(())
        for way, gradient in zip(ways, gradients, strict=True):
            found = dividends(gradient[:, members], way[members], masks, self.abs_mode, self.scale_mode, lost=lost)
            total = total + aggregated(found, len(members), self.aggregate, complete=complete)
        return total / len(ways)

    def normalized(self, family: Tensor, ways: Tensor, gradients: Tensor) -> Tensor:
        """Worth (S,) of the sets `family` (S,d) bool of flat features: Σ of the dividends of those inside it, over all.

        The value function of Sikdar et al., 2021, on their family of meaningful sets; 0 where every dividend is 0.
        """
        found = ways.new_zeros(len(family))
        for way, gradient in zip(ways, gradients, strict=True):
            found = found + dividends(gradient, way, family, self.abs_mode, self.scale_mode)
        total = found.sum()
        inside = (family.to(found) @ (~family).to(found).T == 0).to(found)
        return found @ inside / torch.where(total > 0, total, torch.ones_like(total))

    @staticmethod
    def draws(query: Query) -> list[int]:
        """One seed per sample."""
        drawn: list[int] = query.randint(2**62).flatten().tolist()
        return drawn


def base_scores(query: Query) -> Tensor:
    """Mean score (B,) of the baselines."""
    return torch.stack([query.score(baseline) for baseline in query.require("baseline")]).mean(0)
