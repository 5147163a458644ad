"""The axioms that a class may claim, each on networks with biases and with baselines that are not zero."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import on_grid
from xaiplug.game.masked import MaskedGame
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.explainer.scenes import attempt, main_scene, reference
from xaiplug.testing.shared.compare import same
from xaiplug.testing.shared.functions import Saturating
from xaiplug.testing.shared.nets import seeded
from xaiplug.testing.shared.rewrites import rewritten
from xaiplug.testing.shared.scenes import Scene, network_of
from xaiplug.testing.shared.types import Measured, Violation, check, claimed
from xaiplug.testing.shared.wrapped import Blind, Symmetric, Weighted

INTEGRATED = 2e-2
"""Completeness of a numerical integral, relative to the difference of scores; the networks are smooth."""
EXACT = 1e-8
"""In float64."""


@check("completeness", applies=claimed("completeness"))
def completeness(explainer: Explainer) -> Measured:
    """The attribution sums to score - base score, where the base score is the model's own at absence."""
    made = main_scene(explainer, torch.float64)
    smooth = network_of(made.kind, smooth=True).double() if made.kind != "tokens" else made.network
    made = made.replace(network=smooth, labels=torch.where(made.labels < 0, 3, made.labels))
    worst = 0.0
    for baseline in (made.baseline, torch.cat([made.baseline, 1 - made.baseline])):
        asked = made.replace(baseline=baseline)
        query = asked.ask(explainer)
        answered = asked.answer(explainer)
        total = answered.attribution.flatten(1).nansum(1)
        gain = query.scores - base_score(explainer, query, answered)
        error = float((total - gain).abs().max() / gain.abs().max())
        if not error <= INTEGRATED:
            count = f"{len(baseline)} baseline{'s' if len(baseline) > 1 else ''}"
            raise Violation(
                f"sum is not score - base score ({count}): {_list(total)} for {_list(gain)}", error, INTEGRATED
            )
        worst = max(worst, error)
    return Measured(worst, INTEGRATED)


def base_score(explainer: Explainer, query: Query, answered: Explanation) -> Tensor:
    """Score of absence: all groups removed, or the baselines' mean score, or what is reported, or the score of zero."""
    if "imputer" in explainer.needs:
        return MaskedGame(query).empty()
    if query.baseline is not None:
        return torch.stack([query.score(baseline) for baseline in query.baseline]).mean(0)
    return query.score(torch.zeros_like(query.inputs)) if answered.base_score is None else answered.base_score


@check("dummy", applies=claimed("dummy"))
def dummy(explainer: Explainer) -> Measured:
    """Features that the model does not see get 0."""
    made = main_scene(explainer, torch.float64)
    unseen = block(made, 0)
    blind = made.replace(network=Blind(made.network, (~unseen).double()))
    answered = attempt(lambda: blind.answer(explainer), "the network of this check")
    values = on_scalars(answered, made)
    error = float(values[:, unseen].abs().max() / values.abs().max().clamp(min=1e-30))
    if not error <= EXACT:
        raise Violation("features that the model does not see get an attribution", error, EXACT)
    return Measured(error, EXACT)


@check("sensitivity", applies=claimed("sensitivity"))
def sensitivity(explainer: Explainer) -> Measured:
    """A feature that alone differs from the baseline and changes the score gets an attribution, flat model or not."""
    made, answered = reference(explainer, torch.float64)
    level = answered.level
    changed = block(made, 0) if level == "group" else _first(block(made, 0), pixel=level == "spatial")
    compared = "baseline" in explainer.needs or "imputer" in explainer.needs
    baseline = made.baseline[0, 0] if compared else torch.zeros_like(made.baseline[0, 0])
    weight = torch.where(changed, 2.0 / changed.sum(), torch.full_like(baseline, 0.3))
    network = Saturating(weight, -float((weight * baseline).sum()))
    asked = made.replace(
        network=network.eval(),
        inputs=(baseline + changed).expand_as(made.inputs).clone(),
        baseline=baseline.expand_as(made.baseline).clone(),
    )
    answered = attempt(lambda: asked.answer(explainer), "the network of this check")
    least = float(on_scalars(answered, made)[:, changed].abs().min())
    if not least > 1e-6:
        raise Violation("the only feature that differs from the baseline changes the score and gets 0")
    return Measured(detail=f"smallest attribution {least:.2g}")


def _first(mask: Tensor, *, pixel: bool) -> Tensor:
    """One scalar of a mask, or one pixel with all its channels."""
    one = torch.zeros_like(mask)
    place = mask.nonzero()[0].tolist()
    if pixel and mask.ndim == 3:
        one[:, place[1], place[2]] = True
    else:
        one[tuple(place)] = True
    return one


@check("implementation-invariance", applies=claimed("implementation-invariance"))
def implementation_invariance(explainer: Explainer) -> Measured:
    """Two networks that compute the same function, written differently, get the same map."""
    made, want = reference(explainer, torch.float64)
    other = made.replace(network=rewritten(made.network))
    with torch.no_grad():
        assert torch.allclose(other.network(made.inputs), made.network(made.inputs), rtol=1e-9), "the kit is wrong"
    answered = attempt(lambda: other.answer(explainer), "the rewritten network")
    return same(answered.attribution, want.attribution, EXACT, "the same function written differently gets another map")


@check("linearity", applies=claimed("linearity"))
def linearity(explainer: Explainer) -> Measured:
    """The map of a f1 + b f2 is a times that of f1 plus b times that of f2."""
    made = main_scene(explainer, torch.float64)
    second = seeded(lambda: network_of(made.kind), seed=7).double()
    a, b = 2.0, -0.5

    def explained(network: nn.Module) -> Tensor:
        asked = made.replace(network=network)
        answered: Explanation = attempt(lambda: asked.answer(explainer, scale="logit"), "a weighted sum")
        return answered.attribution

    maps = [explained(network) for network in (made.network, second, Weighted(made.network, second, a, b))]
    return same(maps[2], a * maps[0] + b * maps[1], EXACT, "the map of a f1 + b f2 is not the sum of the maps")


@check("symmetry", applies=claimed("symmetry"))
def symmetry(explainer: Explainer) -> Measured:
    """Features that the model treats alike, with equal values and equal baselines, get the same."""
    made = main_scene(explainer, torch.float64)
    swap = swapped(made)
    network = Symmetric(made.network, swap)

    def even(values: Tensor) -> Tensor:
        flat = values.flatten(-len(made.inputs.shape[1:]))
        return ((flat + flat[..., swap]) / 2).view_as(values)

    asked = made.replace(network=network, inputs=even(made.inputs), baseline=even(made.baseline))
    answered = attempt(lambda: asked.answer(explainer), "the symmetric network")
    values = on_scalars(answered, made).flatten(1)
    return same(values[:, swap], values, EXACT, "features that the model treats alike get different attributions")


def block(made: Scene, group: int) -> Tensor:
    """The scalars (*shape) bool of one feature group of the first sample; groups 0 and 1 are alike in every sample."""
    shape = tuple(made.inputs.shape[1:])
    return on_grid((made.labels[:1] == group), shape).expand(1, *shape)[0].clone()


def swapped(made: Scene) -> Tensor:
    """Indices of the flat scalars with groups 0 and 1 in each other's place."""
    order = torch.arange(made.inputs[0].numel())
    first, second = block(made, 0).flatten().nonzero().flatten(), block(made, 1).flatten().nonzero().flatten()
    order[first], order[second] = second, first
    return order


def on_scalars(answered: Explanation, made: Scene) -> Tensor:
    """The attribution at every scalar of the input."""
    shape = tuple(made.inputs.shape[1:])
    return answered.on_inputs(shape).expand(len(made), *shape)


def _list(values: Tensor) -> str:
    return "[" + ", ".join(f"{value:.3g}" for value in values.tolist()) + "]"


CHECKS = (completeness, dummy, sensitivity, implementation_invariance, linearity, symmetry)
