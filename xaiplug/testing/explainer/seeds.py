"""Draws belong to the query's seeds, and to nothing else."""

from __future__ import annotations

import torch

from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import main_scene, reference
from xaiplug.testing.shared.asked import answer
from xaiplug.testing.shared.compare import same, same_answers
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.types import Measured, check


@check("deterministic")
def deterministic(explainer: Explainer) -> Measured:
    """The same seed gives the same answer, whatever the global random state."""
    made = main_scene(explainer)
    first, second = two_states(lambda: made.answer(explainer))
    return same_answers(second, first, 1e-6, "a second call gives another answer")


@check("own-seeds")
def own_seeds(explainer: Explainer) -> Measured:
    """Any seed works, and a sample draws from its own: another seed for one sample changes no other's map."""
    made, answered = reference(explainer)
    maps = []
    for first in (0, 2**63 - 1):
        query = made.ask(explainer)
        changed = query.replace(seeds=torch.cat([torch.tensor([first]), query.seeds[1:]]), _generators={})
        maps.append(answer(explainer, changed).attribution)
        same(maps[-1][1:], answered.attribution[1:], 1e-5, "another seed for one sample changes the maps of others")
    alike = torch.equal(maps[0].nan_to_num(), maps[1].nan_to_num())
    return Measured(detail=f"the map {'does not depend' if alike else 'depends'} on the seed")


CHECKS = (deterministic, own_seeds)
