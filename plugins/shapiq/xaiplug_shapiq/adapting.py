"""How shapiq is asked: a masked game of one sample, seeded by the sample."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Mapping
from typing import Annotated, Any, ClassVar

import numpy as np
import shapiq
import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explainer, Explanation, MaskedGame, Query, SetScores
from xaiplug.errors import ComponentError, XaiplugError, one_line
from xaiplug.model.passes import is_out_of_memory, seeded_rng

Found = Mapping[tuple[int, ...], float]


class Approximator(Explainer):
    """One of shapiq's approximators on the masked game of each sample."""

    needs = ("groups", "imputer")
    wraps: ClassVar[str] = ""
    given: ClassVar[tuple[str, ...]] = ()

    budget: Annotated[int, Ge(4)] = 512
    """Coalitions that shapiq may ask for, for each sample; equal ones are evaluated once."""

    def explain(self, query: Query) -> Explanation:
        game = MaskedGame(query)
        found = [self._values(query, game, row) for row in range(len(query))]
        attribution = query.inputs.new_full((len(query), game.groups.count), torch.nan)
        for row, values in enumerate(found):
            for player in range(int(game.groups.counts[row])):
                attribution[row, player] = float(values.get((player,), 0.0))
        sets = _sets(found, attribution)
        empty = game.empty()
        residual = None if sets is not None else game.full() - empty - attribution.nansum(1)
        return Explanation(
            attribution, "group", groups=game.groups, sets=sets, base_score=empty, residual=residual, meta=game.meta()
        )

    def _values(self, query: Query, game: MaskedGame, row: int) -> Found:
        """Set of groups -> its value."""
        players, seed = int(game.groups.counts[row]), int(query.seeds[row])
        with warnings.catch_warnings(), seeded_rng(seed):
            warnings.simplefilter("ignore")
            try:
                made = {name: getattr(self, name) for name in self.given}
                approximator = getattr(shapiq, self.wraps)(n=players, random_state=seed % 2**32, **made)
                values = approximator.approximate(self.budget, value_function(game, row))
            except XaiplugError:
                raise
            except Exception as error:
                if is_out_of_memory(error):
                    raise
                raise ComponentError(
                    f"shapiq's {self.wraps} does not take {players} groups with budget={self.budget}: "
                    f"{one_line(error):.300}"
                ) from error
        found: Found = values.dict_values
        return {members: float(value) for members, value in found.items() if members}


def value_function(game: MaskedGame, row: int) -> Callable[[Any], Any]:
    """The game of one sample as shapiq asks it: coalitions (m,n) bool -> values (m,) in double precision."""
    players = int(game.groups.counts[row])

    def values(coalitions: Any) -> Any:
        present = torch.from_numpy(np.atleast_2d(coalitions).astype(bool))
        keep = torch.zeros(len(present), game.groups.count, dtype=torch.bool)
        keep[:, :players] = present
        return game.evaluate(torch.full((len(present),), row), keep).double().cpu().numpy()

    return values


def _sets(found: list[Found], like: Tensor) -> SetScores | None:
    """Sets of two groups and more, the largest effect first; None where there are none."""
    several = [
        sorted(((m, v) for m, v in values.items() if len(m) > 1), key=lambda item: (-abs(item[1]), item[0]))
        for values in found
    ]
    longest = max(map(len, several), default=0)
    if not longest:
        return None
    members = torch.zeros(len(several), longest, like.shape[1], dtype=torch.bool, device=like.device)
    scores = like.new_full((len(several), longest), torch.nan)
    for row, sets in enumerate(several):
        for slot, (groups, value) in enumerate(sets):
            members[row, slot, list(groups)] = True
            scores[row, slot] = value
    return SetScores(members, scores, "interaction")
