"""Explainers: a query to an attribution."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from xaiplug.errors import ShapeError
from xaiplug.kinds.base import Component

if TYPE_CHECKING:
    from torch import Tensor

    from xaiplug.data.explanation import Explanation
    from xaiplug.model.query import Query


class Explainer(Component):
    """Attributes the target score to features."""

    kind = "explainer"
    claims: ClassVar[Collection[str]] = ()
    default_scale: ClassVar[str] = "logit"
    signed: ClassVar[bool] = True
    min_groups: ClassVar[int] = 1

    @abstractmethod
    def explain(self, query: Query) -> Tensor | Explanation:
        """Explain `query.target` of `query.inputs`.

        Returns:
            A signed attribution (B,*shape), (B,1,H,W) or (B,G); or an `Explanation` with more in it.
            Positive raises the score; units are those of the target's scale. No abs, clip, normalisation or resizing.
        """

    def read(self, answer: Tensor | Explanation, query: Query) -> Explanation:
        """What `explain` gave, checked, with target, groups and score filled in.

        Raises:
            ShapeError: a part does not fit the query. NonFiniteError: NaN or infinity.
        """
        from torch import Tensor

        from xaiplug.data.explanation import Explanation

        whole = Explanation(answer) if isinstance(answer, Tensor) else answer
        if not isinstance(whole, Explanation):
            raise ShapeError(f"{self.told} returned {type(answer).__name__}; expected a tensor or an Explanation")
        return replace(
            whole,
            attribution=whole.attribution.detach(),
            target=whole.target or query.target,
            groups=whole.groups or query.groups,
            score=query.scores if whole.score is None else whole.score,
        ).validate(query)
