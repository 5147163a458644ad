"""A masked game as shapiq's `Game`: its approximators, plots and exact computer take it."""

from __future__ import annotations

from typing import Any

import shapiq

from xaiplug import MaskedGame
from xaiplug_shapiq.adapting import value_function


class GameOfGroups(shapiq.Game):
    """The feature groups of one sample as players.

    Args:
        game: v(S) is the target score with the groups outside S imputed.
        row: of the sample.
    """

    def __init__(self, game: MaskedGame, row: int = 0) -> None:
        self._asked = value_function(game, row)
        empty = float(game.empty()[row])
        super().__init__(int(game.groups.counts[row]), normalize=True, normalization_value=empty)

    def value_function(self, coalitions: Any) -> Any:
        """Scores (m,) of coalitions (m,n) bool."""
        return self._asked(coalitions)
