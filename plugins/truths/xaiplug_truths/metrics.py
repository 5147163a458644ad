"""Metrics that compare an explanation with the exact answer, each by one statement of it."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug import Exact, Explanation, Metric, MetricResult, Query
from xaiplug_truths.compare import concordance, pair_area, pairs_together, sign_agreement, total_share


class SignAgreement(Metric):
    """Share of the patches that matter whose attribution has the right sign.

    A patch's attribution is the sum over its positions. One of 0 is wrong. Patches whose exact value is 0 do not count;
    NaN where there are no others. Chance is 1/2 for a map that is positive or negative at random.

    Asks `sign`. In [0,1].
    """

    needs = ("exact",)
    asks = "sign"

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        exact: Exact = query.require("exact")
        return MetricResult(sign_agreement(by_player(query, explanation), exact.values), better="higher")


class ShareAgreement(Metric):
    """Overlap of the shares of all that is attributed with the exact shares.

    1 - Σ_g |a_g/Σ|a| - v_g/Σ|v|| / 2, a_g the sum over the positions of a patch: one less half the distance of the
    signed shares. 1 for the exact answer in any unit, 0 for its opposite; NaN where either is 0 everywhere.

    Asks `share`. In [0,1].
    """

    needs = ("exact",)
    asks = "share"

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        exact: Exact = query.require("exact")
        return MetricResult(total_share(by_player(query, explanation), exact.values), better="higher")


class OrderAgreement(Metric):
    """Rank correlation with the exact values: Somers' D of the attribution, given them (Somers, 1962).

    Of all pairs of patches that the exact values tell apart, those that the attribution puts in the same order, less
    those that it turns round, divided by all; a tie counts as neither. NaN where all exact values are equal. Values are
    signed: a map of strengths alone has the order of what lowers the score wrong.

    Asks `order`. In [-1,1]; chance is 0.
    """

    needs = ("exact",)
    asks = "order"

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        exact: Exact = query.require("exact")
        return MetricResult(concordance(by_player(query, explanation), exact.values), better="higher")


class InteractionAuc(Metric):
    """ROC area of the sets that were found as a detector of the pairs that interact (Tsang et al., 2020).

    Every pair of patches has the largest |value| of a set that holds a position of both, 0 without one. Pairs that
    interact are those whose exact interaction is not 0; ties count one half. NaN where the explanation has no sets, or
    only an order's prefixes, and where no pair interacts, or all do. A method that finds none in a sample gets 1/2.

    Asks `interaction`. In [0,1]; chance is 1/2.
    """

    needs = ("exact",)
    asks = "interaction"

    def measure(self, query: Query, explanation: Explanation) -> MetricResult:
        exact: Exact = query.require("exact")
        sets = explanation.sets
        if sets is None or sets.kind == "prefix" or exact.interactions is None:
            return MetricResult(torch.full_like(query.scores, torch.nan), better="higher")
        holds = held(query, explanation)
        strengths = pairs_together(holds, sets.values.abs().nan_to_num().to(query.scores))
        return MetricResult(pair_area(strengths, exact.interactions != 0, exact.groups.players), better="higher")


def by_player(query: Query, explanation: Explanation) -> Tensor:
    """What an explanation attributes to every player of the exact answer, (B,G), NaN beyond a sample's.

    A player has the sum over its positions. The value of a group of the explanation's own is spread evenly over it.
    """
    exact: Exact = query.require("exact")
    return exact.groups.sum(_on_positions(explanation))


def _on_positions(explanation: Explanation) -> Tensor:
    """(B,*shape) or (B,*grid)."""
    values = explanation.attribution
    if explanation.level == "group":
        assert explanation.groups is not None, "checked at the door"
        sizes = explanation.groups.sizes().clamp(min=1)
        return explanation.groups.broadcast((values / sizes).nan_to_num())
    return values.squeeze(1) if explanation.level == "spatial" and values.ndim == 4 else values


def held(query: Query, explanation: Explanation) -> Tensor:
    """Whether each set holds a position of each player, (B,S,G) bool."""
    assert explanation.sets is not None
    exact: Exact = query.require("exact")
    members = explanation.sets.members
    found = [exact.groups.sum(_reach(members[:, place], query, explanation)) > 0 for place in range(members.shape[1])]
    empty = members.new_zeros(len(query), 0, exact.groups.count)
    return torch.stack(found, 1) if found else empty


def _reach(members: Tensor, query: Query, explanation: Explanation) -> Tensor:
    """Members (B,*shape) or (B,G) of one set each, as 1 and 0 on the positions that they take."""
    if members.shape == query.inputs.shape:
        return members.to(query.inputs)
    assert explanation.groups is not None, "sets of groups come with their groups"
    return explanation.groups.broadcast(members.to(query.inputs))
