"""H-Sets, its detector alone, and IDG-Vis alone."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explanation, FeatureGroups, Query, SetScores
from xaiplug.errors import ComponentError
from xaiplug_hsets.detection import Detected, Detector, assembled, counts_of, painted, scalar_labels
from xaiplug_hsets.idg import ways_of
from xaiplug_hsets.scoring import Scoring, base_scores


class HSets(Detector, Scoring):
    """Sets grown along thresholded Hessian rows, scored by IDG-Vis.

    H-Sets, Algorithms 1 and 2.

    For inputs x (B,*shape), baselines x' and the target score f: the map (B,*shape) is Σ_I 1_I a(I) over at most k sets
    I of scalar features; `sets` has members (B,S,*shape) and values a(I) (B,S), S <= k and possibly 0. Units are those
    of f per unit of input ("unit"), or of f ("path").

    `extras`: `seeds` (B,S), flat features, -1 unused; `pair_strength` (B,S,*shape), the signed Hessian entry that
    brought each member in; `hessian_rows` and `truncated` (B,); `set_residual` (B,) = f(x) - f(x') - Σ_I a(I), the
    approximate completeness of Lemma 1 (`residual` is that of the map, as everywhere). `meta` has the counts, and
    `scoring_gradients`: steps + 1 per sample and baseline, however many sets and subsets there are.

    >>> import torch, xaiplug
    >>> product = type("Product", (torch.nn.Module,), {"forward": lambda self, x: x[:, 0] * x[:, 1]})()
    >>> one, whole = HSets(subsets="exact", aggregate="sum"), torch.zeros(1, 3, dtype=torch.int64)
    >>> ex = xaiplug.explain(product, torch.ones(1, 3), one, segmenter=whole, baseline=torch.zeros(3))
    >>> ex.sets.members[0], ex.sets.values
    (tensor([[ True,  True, False]]), tensor([[1.7071]]))

    Raises:
        NonFiniteError: a Hessian row has NaN or infinity. ComponentError: subsets="exact" and a set is too large.
    """

    needs = ("groups", "baseline")
    claims = ("dummy", "interaction-values")

    def explain(self, query: Query) -> Explanation:
        curved, draws = self.curved(query), self.draws(query)
        lost = float("nan") if self.parity else 0.0
        found: list[Detected] = []
        values: list[list[Tensor]] = []
        for b in range(len(query)):
            gradients, ways = self.gradients(query, b), ways_of(query, b)
            ranking = self.ranking(query, b, self.steps, None if self.abs_mode == "reference" else gradients)
            found.append(self.detect(query, curved, b, ranking))
            scores = [self.value(one.members, ways, gradients, draws[b], lost=lost) for one in found[b].sets]
            values.append([score.nan_to_num(nan=0.0) for score in scores])
        sets, extras = assembled(query, found, values)
        attribution, base = painted(sets), base_scores(query)
        points = (self.steps + 1) * len(query.require("baseline"))
        gain = query.scores - base
        return Explanation(
            attribution,
            "input",
            sets=sets,
            base_score=base,
            residual=gain - attribution.flatten(1).sum(1),
            extras=extras | {"set_residual": gain - sets.values.nansum(1)},
            meta=counts_of(found) | {"scoring_gradients": points * len(query)},
        )


class HessianSets(Detector):
    """The sets of H-Sets with the strength of their pairs; no scores.

    The detector alone: along thresholded Hessian rows (Algorithm 1), without IDG-Vis.

    The value of a set (B,S) is the mean of |H| over the entries that brought its members in, in units of the score per
    squared unit of input; the map (B,*shape) sums, over the sets that hold a feature, the |H| that brought it in.
    `extras` as those of `hsets`.
    """

    needs = ("groups", "baseline")
    claims = ("dummy", "interaction-values")
    signed = False

    steps: Annotated[int, Ge(1)] = 30
    """Steps of the integrated gradients that rank the seeds."""

    def explain(self, query: Query) -> Explanation:
        curved = self.curved(query)
        found = [self.detect(query, curved, b, self.ranking(query, b, self.steps)) for b in range(len(query))]
        sets, extras = assembled(query, found, [[part.entry.abs().mean() for part in one.sets] for one in found])
        strength = extras["pair_strength"].nan_to_num().abs().sum(1)
        return Explanation(strength, "input", sets=sets, extras=extras, meta=counts_of(found))


class Idg(Scoring):
    """IDG-Vis of given feature groups.

    H-Sets, Algorithm 2: of every group, or of `sets` of groups, which may overlap.

    `sets` of the result are (B,S,G) with their values a(I) (B,S); the map (B,G) gives a group the sum over the sets
    that have it. Units as those of `hsets`. With scale_mode="path", abs_mode="none" and all of a group in T it is the
    group's integrated gradients. `xaiplug_hsets.families.family` makes groups and sets of overlapping masks.

    >>> import torch, xaiplug
    >>> net = torch.nn.Linear(2, 1, bias=False)
    >>> with torch.no_grad():
    ...     _ = net.weight.copy_(torch.tensor([[1.0, 2.0]]))
    >>> one, whole = Idg(subsets="exact", aggregate="sum"), torch.zeros(1, 2, dtype=torch.int64)
    >>> xaiplug.explain(net, torch.ones(1, 2), one, segmenter=whole, baseline=torch.zeros(2)).attribution
    tensor([[5.1213]])

    Raises:
        ComponentError: a set names a group that a sample does not have; dividends normalised without absolute values.
    """

    needs = ("groups", "baseline")

    sets: tuple[tuple[Annotated[int, Ge(0)], ...], ...] | None = None
    """Groups of each set, by number; sets may share groups. None = every group is a set."""
    normalize_dividends: bool = False
    """The original IDG: the dividend d(T) of every set T, not of its subsets, over the sum of all, and
    a(S) = Σ_{T ⊆ S} d(T) over the sets T given; 1 for a set that holds all others. `subsets`, `samples` and `aggregate`
    do not count then; the original takes abs_mode="outside"."""

    def __post_init__(self) -> None:
        if self.normalize_dividends and self.abs_mode == "none":
            raise ComponentError(
                "idg: normalize_dividends=True divides by a sum of magnitudes; abs_mode='none' has none"
            )

    @property
    def claims(self) -> tuple[str, ...]:  # type: ignore[override]
        """Linear only without an absolute value, and then no longer sensitive."""
        held = ("dummy", "implementation-invariance", "symmetry")
        if self.abs_mode == "none":
            return (*held, "linearity")
        return held if self.abs_mode == "outside" or self.normalize_dividends else (*held, "sensitivity")

    def explain(self, query: Query) -> Explanation:
        groups, draws = query.require("groups"), self.draws(query)
        members = self._members(groups)
        values = query.inputs.new_full(members.shape[:2], torch.nan)
        for b, count in enumerate(groups.counts.tolist()):
            gradients, ways = self.gradients(query, b), ways_of(query, b)
            used = count if self.sets is None else len(self.sets)
            labels = scalar_labels(query, b)
            features = [one[labels.clamp(min=0)] & (labels >= 0) for one in members[b, :used]]
            if self.normalize_dividends:
                values[b, :used] = self.normalized(torch.stack(features), ways, gradients)
                continue
            for slot, one in enumerate(features):
                values[b, slot] = self.value(one.nonzero().flatten(), ways, gradients, draws[b])
        attribution = (members * values.nan_to_num()[..., None]).sum(1)
        base = base_scores(query)
        points = (self.steps + 1) * len(query.require("baseline"))
        return Explanation(
            attribution.masked_fill(~groups.players, torch.nan),
            "group",
            sets=SetScores(members, values, "interaction"),
            base_score=base,
            residual=query.scores - base - attribution.sum(1),
            meta={"scoring_gradients": points * len(query)},
        )

    def _members(self, groups: FeatureGroups) -> Tensor:
        """Which groups (B,S,G) every set has."""
        if self.sets is None:
            single = torch.eye(groups.count, dtype=torch.bool, device=groups.labels.device)
            return single & groups.players[:, None]
        known = int(groups.counts.min())
        if unknown := [group for one in self.sets for group in one if group >= known]:
            raise ComponentError(f"idg: sets name group {unknown[0]}, and a sample has groups 0..{known - 1} only")
        members = torch.zeros(len(groups.counts), len(self.sets), groups.count, dtype=torch.bool)
        for slot, one in enumerate(self.sets):
            members[:, slot, list(one)] = True
        return members.to(groups.labels.device)
