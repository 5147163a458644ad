"""What every path method of this plug-in comes to: an integral along paths, and an explanation of it."""

from __future__ import annotations

from typing import NamedTuple

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
        """The mean over the n paths; `keep` puts the ends into `extras["counterfactual"]`."""
        attribution, base_score = self.integral.mean(0), self.base_score.mean(0)
        return Explanation(
            attribution,
            score=query.scores,
            base_score=base_score,
            residual=query.scores - base_score - attribution.flatten(1).sum(1),
            extras=self.extras(keep=keep),
            meta={} if self.backwards is None else {"backwards": self.backwards},
        )

    def extras(self, *, keep: bool) -> dict[str, Tensor]:
        """`path_score` and `path_loss` (B,n,P), `counterfactual` (B,n,*shape)."""
        parts = {"path_score": self.scores, "path_loss": self.losses, "counterfactual": self.ends if keep else None}
        return {name: part.transpose(0, 1) for name, part in parts.items() if part is not None}
