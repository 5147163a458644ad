"""Imputers: how the absence of feature groups is realised. What they give back, a `Removal`, is the game's."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from xaiplug.model.query import Query, Removal


class Imputer(Component):
    """Realises the absence of feature groups."""

    kind = "imputer"
    ragged: ClassVar[bool] = False
    """True lets a game put rows with the same number of kept groups together (their cost differs)."""

    @abstractmethod
    def bind(self, query: Query) -> Removal:
        """Prepare what does not change from coalition to coalition; called once per query."""


class PixelImputer(Imputer):
    """An imputer that makes new inputs; the model sees the whole of them."""

    stochastic: ClassVar[bool] = False
    """True asks for one generator per row."""

    @abstractmethod
    def impute(
        self,
        inputs: Tensor,
        keep: Tensor,
        *,
        baseline: Tensor | None = None,
        generators: Sequence[Generator] | None = None,
    ) -> Tensor:
        """Replace what is not kept.

        Args:
            inputs: (R,*shape).
            keep: (R,*grid) bool, the grid of the feature groups.
            baseline: (R,*shape), iff `needs` has it.
            generators: one per row, each seeded by its sample and coalition; iff `stochastic`.

        Returns:
            (R,*shape); kept features bit-equal to `inputs`.
        """

    def bind(self, query: Query) -> Removal:
        from xaiplug.game.removal import PixelRemoval

        return PixelRemoval(self, query)
