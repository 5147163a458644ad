"""Small baselines that keep the contract."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Ge
from torch import Tensor

from xaiplug.kinds import Baseline
from xaiplug.model.query import Query


class Noise(Baseline):
    """Uniform noise in [0,1], each sample's from its own seed."""

    n: Annotated[int, Ge(1)] = 2
    """Baselines per sample."""

    def build(self, query: Query) -> Tensor:
        return query.uniform(self.n, *query.inputs.shape[1:]).transpose(0, 1)


GOOD = (Noise(),)
