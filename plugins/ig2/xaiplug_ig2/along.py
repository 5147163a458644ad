"""What every path method of this plug-in comes to: an integral along paths, and an explanation of it."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

from torch import Tensor

from xaiplug import Explanation, Query


class Along(NamedTuple):
    """n paths for each of B samples, between the explicand and what it is compared with.

    Args:
        integral: (n,B,*shape) of the score's gradient, from the other end to the explicand.
        ends: (n,B,*shape), the other ends: counterfactuals, or baselines.
        base_score: (n,B) at the ends.
        scores: (n,B,P), where the path was looked at, in the order walked.
        losses: (n,B,P) likewise; None = the path has no loss.
        backwards: vector-Jacobian products, one sample and one cotangent each; None = those that the core counts.
    """

    integral: Tensor
    ends: Tensor
    base_score: Tensor
    scores: Tensor
    losses: Tensor | None = None
    backwards: int | None = None

    def explanation(self, query: Query, *, keep: bool) -> Explanation:
        """The mean over the n paths; `keep` puts the ends into `extras["counterfactual"]`.

        Where the integral misses more than half of the change of the score, a warning says so.
        """
        attribution, base_score = self.integral.mean(0), self.base_score.mean(0)
        residual = query.scores - base_score - attribution.flatten(1).sum(1)
        _warn_of_long_steps(query.scores, base_score, residual)
        extras = self.extras(keep=keep)
        return Explanation(
            attribution, score=query.scores, base_score=base_score, residual=residual, extras=extras, meta=self.meta
        )

    @property
    def meta(self) -> dict[str, Any]:
        """The cost, where it is counted here."""
        return {} if self.backwards is None else {"backwards": self.backwards}

    def extras(self, *, keep: bool) -> dict[str, Tensor]:
        """`path_score` and `path_loss` (B,n,P), `counterfactual` (B,n,*shape)."""
        parts = {"path_score": self.scores, "path_loss": self.losses, "counterfactual": self.ends if keep else None}
        return {name: part.transpose(0, 1) for name, part in parts.items() if part is not None}


def _warn_of_long_steps(score: Tensor, base_score: Tensor, residual: Tensor) -> None:
    change = (score - base_score).abs()
    lost = (residual.abs() > change / 2) & (residual.abs() > 1e-4 * (score.abs() + base_score.abs()))
    if bool(lost.any()):
        worst = float((residual.abs() / change)[lost].max())
        warnings.warn(
            f"for sample {', '.join(map(str, lost.nonzero().flatten().tolist()))} the map misses more than half of the "
            f"change of the score (at most {worst:.3g} times the change; see `residual`): the steps of the path are "
            "too long for this network; take more, shorter ones",
            UserWarning,
            stacklevel=2,
        )
