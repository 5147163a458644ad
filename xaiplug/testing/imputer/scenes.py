"""What imputers are asked in the kit: coalitions of the scenes that one takes."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from xaiplug.calling.asking import asking
from xaiplug.kinds import Imputer
from xaiplug.model.query import Query
from xaiplug.testing.shared.asked import Removing
from xaiplug.testing.shared.inputs import scenes_among, taking
from xaiplug.testing.shared.scenes import INPUT_KINDS, Scene, scene


def removing(imputer: Imputer, made: Scene, **changes: Any) -> Query:
    """The query that a game gets which removes features by `imputer`."""
    return made.replace(imputer=imputer).ask(Removing(), **changes)


def coalitions(query: Query) -> tuple[Tensor, Tensor]:
    """Rows (R,) and keep (R,G) bool for every sample: all, none, either half, and two that lack one group."""
    assert query.groups is not None
    count = query.groups.count
    full = torch.ones(1, count, dtype=torch.bool)
    half = torch.arange(count)[None] % 2 == 0
    keep = torch.cat([full, ~full, half, ~half, ~torch.eye(count, dtype=torch.bool)[:2]])
    rows = torch.arange(len(query)).repeat_interleave(len(keep))
    return rows, keep.repeat(len(query), 1) & query.groups.players[rows]


def imputed_logits(imputer: Imputer, made: Scene) -> Tensor:
    """Logits (R,K) of the kit's coalitions of a scene."""
    query = removing(imputer, made)
    with asking(query.model), torch.no_grad():
        return imputer.bind(query)(*coalitions(query))


def imputers_take(imputer: Imputer) -> dict[str, Scene | Exception]:
    """Kind of input -> its scene where the imputer takes it, else the error that it raised."""
    return taking(imputer, INPUT_KINDS, scene, lambda made: imputed_logits(imputer, made))


def imputer_scene(imputer: Imputer) -> Scene:
    """The first kind of scene that the imputer takes."""
    return scenes_among(imputers_take(imputer))[0]


def outcome(imputer: Imputer, original: Imputer) -> Tensor:
    """The logits of the kit's coalitions of the scene that suits `original`."""
    return imputed_logits(imputer, imputer_scene(original))
