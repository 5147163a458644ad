"""The control."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from xaiplug import Explainer

if TYPE_CHECKING:
    from torch import Tensor

    from xaiplug import Query


class Random(Explainer):
    """Independent normal draws: the control that knows nothing.

    N(0,1), (B,*shape): what every method must beat. Each sample's draws come from its own seed. The values have no
    unit.
    """

    reads_only = True
    expected_failures: ClassVar[dict[str, str]] = {
        "places": "knows nothing, not even where the evidence lies",
        "precision": "draws are in single precision, so that double precision changes none of them",
    }

    def explain(self, query: Query) -> Tensor:
        return query.drawing("random").normal(*query.inputs.shape[1:])
