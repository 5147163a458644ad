"""Known games: sets that interact and sets that do not; sampled values against exact ones."""

from __future__ import annotations

from math import factorial, sqrt
from typing import Any

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups, grid_of, on_grid
from xaiplug.game.masked import MaskedGame
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.explainer.axioms import block
from xaiplug.testing.explainer.scenes import attempt, main_scene, takes
from xaiplug.testing.shared.asked import answer
from xaiplug.testing.shared.compare import largest_error
from xaiplug.testing.shared.functions import Linear, PairProduct, Quota
from xaiplug.testing.shared.nets import seeded
from xaiplug.testing.shared.scenes import Scene, scene
from xaiplug.testing.shared.types import Measured, Skip, Violation, check, claimed

RUNS = 64
LIMIT = 5.0
"""Standard errors of the mean over `RUNS` seeds."""


@check("interaction-values", applies=claimed("interaction-values"))
def interaction_values(explainer: Explainer) -> Measured:
    """On a product of two blocks sets hold both; on an additive model no set has a value; coalitions have theirs."""
    made = _at_one_centre(main_scene(explainer, torch.float64), explainer)
    first, second = block(made, 0), block(made, 1)
    product = seeded(lambda: PairProduct(first.double(), second.double(), made.baseline[0, 0])).double()
    asked = made.replace(network=product)
    answered = attempt(lambda: asked.answer(explainer), "a product of two blocks")
    sets = answered.sets
    if sets is None:
        raise Violation("claims interaction values and reports no sets; `sets` is never None for a set explainer")
    if sets.kind != "interaction":
        return _coalition_values(explainer, asked, answered, sets)
    strength = sets.values.nan_to_num().abs()
    touches = [_touching(sets.members, made, answered.groups, part) for part in (first, second)]
    several = sets.members.flatten(2).sum(2) > 1
    limit = 1e-6 * strength.amax(1, keepdim=True)
    if not bool((strength.amax(1) > 0).all()):
        raise Violation("two blocks multiply each other, and no set has a value")
    if bool((several & (strength > limit) & ~(touches[0] & touches[1])).any()):
        raise Violation("a set that does not hold features of both factors has an interaction value")
    additive = seeded(lambda: Linear(made.inputs[0].numel())).double()
    flat = attempt(lambda: made.replace(network=additive).answer(explainer), "an additive network").sets
    if flat is not None and flat.values.numel():
        spurious = flat.values.nan_to_num().abs()[flat.members.flatten(2).sum(2) > 1]
        largest = float(spurious.max()) if spurious.numel() else 0.0
        if largest > 1e-6:
            raise Violation("an additive model has no interactions, and a set has a value", largest, 1e-6)
    return Measured(detail=f"{int((strength > limit).sum())} sets on a product, none on a sum")


def _at_one_centre(made: Scene, explainer: Explainer) -> Scene:
    """All samples with one baseline: the centre of the product; zero where the explainer has no baseline."""
    compared = "baseline" in explainer.needs or "imputer" in explainer.needs
    centre = made.baseline[:, :1] if compared else torch.zeros_like(made.baseline[:, :1])
    return made.replace(baseline=centre.expand_as(made.baseline).clone())


def _touching(members: Tensor, made: Scene, groups: FeatureGroups | None, part: Tensor) -> Tensor:
    """(B,S): whether a set has a feature of `part` (*shape)."""
    if members.ndim == 3 and groups is not None and members.shape[2] == groups.count:
        shape = tuple(made.inputs.shape[1:])
        painted = torch.stack([groups.broadcast(members[:, s].double()) for s in range(members.shape[1])], 1)
        members = torch.stack(
            [on_grid(painted[:, s], shape).expand(len(made), *shape) > 0 for s in range(members.shape[1])], 1
        )
    return (members & part).flatten(2).any(2)


def _coalition_values(explainer: Explainer, made: Scene, answered: Explanation, sets: SetScores) -> Measured:
    query = made.ask(explainer)
    if query.groups is None or query.imputer is None:
        raise Skip(f"sets of kind {sets.kind} without groups and imputer: no game to compare with")
    game, players = MaskedGame(query), query.groups.players[:, None]
    inside, outside = game(sets.members), game(players & ~sets.members)
    full, empty = game.full()[:, None], game.empty()[:, None]
    used = ~sets.values.isnan()
    readings = (inside, inside - empty, outside, full - outside)
    error = min(largest_error(torch.where(used, reading, sets.values), sets.values) for reading in readings)
    if error > 1e-6:
        raise Violation("set values are neither v(S), v(S) - v(0), v(N - S) nor v(N) - v(N - S)", error, 1e-6)
    return Measured(error, 1e-6)


@check("unbiasedness", applies=claimed("unbiasedness"))
def unbiasedness(explainer: Explainer) -> Measured:
    """Over many seeds the mean is the exact Shapley value, within its standard error."""
    if "imputer" not in explainer.needs:
        raise Skip("plays no game over feature groups: no exact value known to the kit")
    made = _twelve_players(explainer)
    single = made.rows([0])
    exact = shapley_values(single.ask(explainer))
    many = made.rows([0] * RUNS)
    query: Any = many.ask(explainer)
    answered = answer(explainer, query.replace(seeds=torch.arange(RUNS), _generators={}))
    if answered.level != "group":
        raise Skip(f"answers at level {answered.level}; exact values are of groups")
    drawn = answered.attribution
    spread, mean = drawn.std(0), drawn.mean(0)
    size = float(exact.abs().max())
    if float(spread.max()) <= 1e-9 * size:
        error = largest_error(mean, exact)
        if error > 1e-6:
            raise Violation("every seed gives the same, and it is not the Shapley value", error, 1e-6)
        return Measured(error, 1e-6, "exact")
    error = float(((mean - exact).abs() / (spread / sqrt(RUNS)).clamp(min=1e-12 * size)).max())
    if error > LIMIT:
        raise Violation(f"the mean over {RUNS} seeds is off by more than its standard error allows", error, LIMIT)
    return Measured(error, LIMIT, "standard errors")


def _twelve_players(explainer: Explainer) -> Scene:
    """More players than a sampling method takes all coalitions of, and few enough for the exact value."""
    if isinstance(takes(explainer, "rows"), Scene):
        made = scene("rows").to(torch.float64)
        inputs = 0.7 + 0.3 * torch.rand(3, 13, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
        return made.replace(
            network=Quota(13).double(),
            inputs=inputs,
            baseline=0.1 * inputs.flip(0)[None],
            labels=torch.arange(13).clamp(max=11).expand(3, 13).clone(),
        )
    made = main_scene(explainer, torch.float64)
    grid = grid_of(tuple(made.inputs.shape[1:]))
    count = 1
    for size in grid:
        count *= size
    stripes = (torch.arange(count) * min(12, count) // count).view(1, *grid)
    return made.replace(labels=stripes.expand(len(made), *grid).clone())


def shapley_values(query: Query) -> Tensor:
    """Exact Shapley values (G,) of the first sample, from every coalition."""
    game = MaskedGame(query)
    players = game.groups.count
    members = torch.arange(2**players)[:, None] >> torch.arange(players) & 1
    worth = game(members.bool()[None])[0]
    size = members.sum(1)
    weight = torch.tensor(
        [
            factorial(s) * factorial(players - s - 1) / factorial(players) if s < players else 0.0
            for s in range(players + 1)
        ],
        dtype=worth.dtype,
    )
    values = []
    for player in range(players):
        without = (members[:, player] == 0).nonzero().flatten()
        gain = worth[without + 2**player] - worth[without]
        values.append((weight[size[without]] * gain).sum())
    return torch.stack(values)


CHECKS = (interaction_values, unbiasedness)
