"""Which class, on which scale, with which sign; and which groups."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import main_scene, reference
from xaiplug.testing.shared.compare import largest_error, rows_of, same
from xaiplug.testing.shared.scenes import Scene
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.wrapped import with_head

PERMUTED = 1e-4
"""Summing classes or groups in another order rounds differently, and sampling methods solve equations on top."""


@check("class-permutation")
def class_permutation(explainer: Explainer) -> Measured:
    """Numbering the classes otherwise leaves the map as it is."""
    made, answered = reference(explainer, torch.float64)
    want = answered.attribution
    order = torch.tensor([2, 0, 3, 1])
    network = with_head(made.network, lambda weight, bias: (weight[order], bias[order]))
    changed = made.replace(network=network, target=order.argsort()[made.target])
    changed = changed.replace(
        pool=type(made.pool)(made.pool.inputs, order.argsort()[made.pool.labels]), truth=order.argsort()[made.truth]
    )
    return same(changed.answer(explainer).attribution, want, PERMUTED, "other class numbers give another map")


@check("group-relabelling")
def group_relabelling(explainer: Explainer) -> Measured:
    """Labels with gaps change nothing; labels in another order only reorder the groups."""
    if "groups" not in explainer.needs and "imputer" not in explainer.needs:
        raise Skip("uses no feature groups")
    made, want = reference(explainer, torch.float64)
    gaps = torch.where(made.labels < 0, made.labels, made.labels * 5 + 3)
    same(
        made.replace(labels=gaps).answer(explainer).attribution, want.attribution, 1e-12, "gaps in the labels change it"
    )
    if depends_on_seed(explainer, made):
        return Measured(detail="gaps only: draws follow the order of the groups")
    labels = made.labels
    turned = torch.where(labels < 0, labels, labels.flatten(1).amax(1).view(-1, *(1,) * (labels.ndim - 1)) - labels)
    got = made.replace(labels=turned).answer(explainer)
    expected = want.attribution
    if want.level == "group":
        assert want.groups is not None
        expected = expected.clone()
        for row, count in enumerate(want.groups.counts.tolist()):
            expected[row, :count] = want.attribution[row, :count].flip(0)
    return same(got.attribution, expected, PERMUTED, "groups in another order give another map")


@check("scale")
def scale(explainer: Explainer) -> Measured:
    """The map is of the score in `target.scale`, and not of something fixed in the method."""
    made = _entangled(main_scene(explainer, torch.float64))
    skip_unless_target_matters(explainer, made)
    logit = made.answer(explainer, scale="logit")
    other = made.answer(explainer, scale="log_probability")
    if largest_error(logit.attribution, other.attribution) < 1e-6 and _same_order(logit.order, other.order):
        raise Violation("the map of a logit and of its log-probability are the same where they go opposite ways")
    for answered, name in ((logit, "logit"), (other, "log_probability")):
        assert answered.target is not None
        if answered.target.scale != name:
            raise Violation(f"asked for {name}, answered for {answered.target.scale}")
    return Measured(detail="logit and log_probability differ")


def _entangled(made: Scene) -> Scene:
    """A network where the target's logit and its log-probability go opposite ways: z_k = 3 z_0 + something."""

    def change(weight: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
        return torch.cat([weight[:1], 3 * weight[:1] + 0.5 * weight[1:]]), bias

    return made.replace(network=with_head(made.network, change), target=torch.zeros(len(made), dtype=torch.int64))


def _same_order(one: Tensor | None, two: Tensor | None) -> bool:
    return one is None or two is None or torch.equal(one, two)


@check("sign")
def sign(explainer: Explainer) -> Measured:
    """Positive raises the score: the map of -f is not the map of f, and is its opposite where linearity is claimed."""
    if not explainer.signed:
        raise Skip("declares signed = False")
    made = main_scene(explainer, torch.float64)
    skip_unless_target_matters(explainer, made)
    negative = made.replace(network=with_head(made.network, lambda weight, bias: (-weight, -bias)))
    want = made.answer(explainer, scale="logit")
    got = negative.answer(explainer, scale="logit")
    if "linearity" in explainer.claims:
        return same(got.attribution, -want.attribution, 1e-8, "the map of -f is not minus the map of f")
    if float(want.attribution.nan_to_num().abs().max()) and largest_error(got.attribution, want.attribution) < 1e-9:
        raise Violation("the maps of f and -f are the same: a strength; declare signed = False")
    return Measured(detail="the maps of f and -f differ")


def skip_unless_target_matters(explainer: Explainer, made: Scene) -> None:
    """Raise a `Skip` for a map that is the same for every class."""
    first = made.answer(explainer, scale="logit").attribution
    others = (made.target + 1) % 4
    if largest_error(made.answer(explainer, target=others, scale="logit").attribution, first) < 1e-12:
        raise Skip("the map does not depend on the target")


def depends_on_seed(explainer: Explainer, made: Scene) -> bool:
    """Whether another seed gives another map."""
    first = reference(explainer, torch.float64)[1].attribution
    return largest_error(made.answer(explainer, seed=12345).attribution, first) > 1e-12


@check("single-target")
def single_target(explainer: Explainer) -> Measured:
    """Samples of one batch may have different targets: each map is of its own class."""
    made = main_scene(explainer, torch.float64)
    answers = [made.answer(explainer, target=k) for k in range(2)]
    mixed = made.answer(explainer, target=torch.tensor([0, 1, 0]))
    worst = 0.0
    for row, answered in zip((0, 1, 2), (answers[0], answers[1], answers[0]), strict=True):
        index = torch.tensor([row])
        got, want = rows_of(mixed, index).attribution, rows_of(answered, index).attribution
        worst = max(worst, same(got, want, PERMUTED, "a sample's map depends on its neighbours' targets").error or 0.0)
    return Measured(worst, PERMUTED)


CHECKS = (class_permutation, single_target, group_relabelling, scale, sign)
