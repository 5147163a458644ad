"""MoXI (Sumiyasu, Kawamoto and Kera, 2024): the group of patches that makes, or breaks, a prediction."""

from __future__ import annotations

from typing import Annotated, Literal

from annotated_types import Ge, Le
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query, SetScores
from xaiplug.errors import ComponentError
from xaiplug_moxi.ops import prefixes, rank_weights
from xaiplug_moxi.rewards import Reward
from xaiplug_moxi.walk import Rule, Walk


class MoXI(Explainer):
    """Greedy insertion or deletion of feature groups, with their interactions.

    With players N (the feature groups) and reward f (the target score, by default its log-odds), Algorithm 1 inserts
    b_k = argmax f(S_{k-1} ∪ b), from the empty set, and Algorithm 2 deletes b_k = argmin f(N ∖ (S_{k-1} ∪ b)). Among
    equals the lowest number is chosen. All samples take a step together; those that are finished leave. A step costs
    one forward per group not yet chosen, and the whole 2 more: the full and the empty input.

    The attribution (B,G) is the paper's heatmap: 1 for the first group chosen, falling in equal steps to 1/m for the
    last of m, 0 for the others. `order` (B,P) is the order of choice, `sets` its prefixes with the target's score when
    they are inserted (deleted). Extras, with column 0 before the first step and NaN after the last:

    - `reward` (B,P+1) as optimised; `probability` (B,P+1) of the target; `correct` (B,P+1), 1 where it is predicted:
      its mean over samples is the insertion (deletion) curve, at no further forward;
    - `stop_step` (B,): the step at which the target was first predicted with a probability above `tau` (insertion), or
      first predicted no longer (deletion); -1 = never. At least one step is taken;
    - `phi`, `interaction` (B,P): Shapley value and interaction of each choice, whose sum is what Algorithms 1 and 2
      optimise: insertion f(S_k) - f(S_{k-1}) = φ + I; deletion f(N∖S_{k-1}) - f(N∖S_k) = n φ - (n-k+1) I (the paper's
      eq. 12 and 13 have another sign and weight; see `ops.deletion_terms`);
    - `walk` (B,), which game it was: `insertion` and `deletion` of the same game take their curve from here;
    - `phase` (B,P), class-discriminative only: 0 before the target is predicted, 1 after, -1 no step.

    Raises:
        ComponentError: a stop that does not fit the mode, or a model without what is asked (one output has no class).
        NonFiniteError: the model returns NaN for an input with groups removed.
    """

    reads_only = True
    needs = ("groups", "imputer")
    default_scale = "log_odds"
    signed = False

    mode: Literal["insertion", "deletion"] = "insertion"
    """Put groups into the empty input (Algorithm 1), or take them from the whole (Algorithm 2)."""
    steps: Annotated[int, Ge(1)] | None = None
    """Groups chosen, at most; None = all."""
    stop: Literal["none", "first-correct", "first-wrong"] = "none"
    """Let a sample leave when its target is first predicted (insertion), or first predicted no longer (deletion)."""
    tau: Annotated[float, Ge(0), Le(1)] = 0.0
    """First-correct also asks for a probability above this."""
    class_discriminative: bool = False
    """Deletion for a target that is not predicted (Appendix F): first groups go that hold up the predicted class and
    hold back the target (score of the one minus score of the other) until the target is predicted; then those that hold
    up the target, until it is predicted no longer. The attribution has the groups of this second phase alone."""

    def explain(self, query: Query) -> Explanation:
        reward = Reward(query, self.class_discriminative)
        self._check(query, reward)
        game = MaskedGame(query)
        players = game.groups.players
        steps = min(self.steps or players.shape[1], players.shape[1])
        rule = Rule(self.mode == "insertion", self.stop != "none" or self.class_discriminative, self.tau)
        walk = Walk(game, reward, rule, steps).run()
        mapped = walk.phase == (1 if self.class_discriminative else 0)
        values = walk.score_trace[:, 1:]
        return Explanation(
            rank_weights(walk.order, mapped, players, values.dtype),
            "group",
            order=walk.order,
            sets=SetScores(prefixes(walk.order, players.shape[1]) & ~values.isnan()[:, :, None], values, "prefix"),
            score=walk.full.objectives[:, -1],
            base_score=walk.empty.objectives[:, -1],
            extras=self._extras(walk),
        ).with_meta(game.meta())

    def _extras(self, walk: Walk) -> dict[str, Tensor]:
        extras = {"reward": walk.reward_trace, "phi": walk.phi[:, 1:], "interaction": walk.interaction[:, 1:]}
        if walk.correct is not None and walk.probability is not None:
            extras |= {"probability": walk.probability, "correct": walk.correct, "stop_step": walk.arrival}
        if self.class_discriminative:
            return extras | {"phase": walk.phase}
        return extras | {"walk": walk.game.fingerprint(self.mode)}

    def _check(self, query: Query, reward: Reward) -> None:
        fits = {"insertion": "first-correct", "deletion": "first-wrong"}[self.mode]
        if self.stop not in ("none", fits):
            raise ComponentError(f"moxi: mode='{self.mode}' stops by '{fits}' or 'none', not by '{self.stop}'")
        if self.tau and self.mode == "deletion":
            raise ComponentError("moxi: tau is a probability to reach by insertion; deletion has none")
        if self.stop != "none" and reward.plain:
            raise ComponentError(
                f"moxi: model '{query.model.name}' has one output and predicts no class; use stop='none', or "
                "Model(..., output='sigmoid') if the output is the logit of a probability"
            )
        if not self.class_discriminative:
            return
        if self.mode != "deletion":
            raise ComponentError("moxi: class_discriminative removes groups; give mode='deletion'")
        if reward.classes < 2 or query.model.output == "sigmoid":
            raise ComponentError(
                f"moxi: class_discriminative sets one class against another, and model '{query.model.name}' has "
                f"{reward.classes} {query.model.output} output(s)"
            )
