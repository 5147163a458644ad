"""Removal by new pixels: what turns a `PixelImputer` into a `Removal`."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from xaiplug.data.groups import FeatureGroups
from xaiplug.data.seeds import generator
from xaiplug.errors import ComponentError
from xaiplug.model.query import Query


class MakesPixels(Protocol):
    """What a removal asks of an imputer that makes inputs (`xaiplug.PixelImputer`)."""

    @property
    def needs(self) -> Collection[str]: ...

    @property
    def stochastic(self) -> bool: ...

    def impute(
        self,
        inputs: Tensor,
        keep: Tensor,
        *,
        baseline: Tensor | None = None,
        generators: Sequence[torch.Generator] | None = None,
    ) -> Tensor: ...


@dataclass(frozen=True, eq=False)
class PixelRemoval:
    """`Removal` of one query by an imputer that makes inputs; with several baselines (n > 1) the logits are averaged.

    A row's generator depends on its sample and its coalition alone, so that the same coalition is imputed alike
    whenever it is asked for.
    """

    imputer: MakesPixels
    query: Query
    groups: FeatureGroups = field(init=False)
    baselines: list[Tensor | None] = field(init=False)

    def __post_init__(self) -> None:
        if self.query.groups is None:
            raise ComponentError(f"imputer {type(self.imputer).__name__} removes feature groups and the query has none")
        wants = "baseline" in self.imputer.needs
        object.__setattr__(self, "groups", self.query.groups)
        object.__setattr__(self, "baselines", list(self.query.require("baseline")) if wants else [None])

    def __call__(self, rows: Tensor, keep: Tensor) -> Tensor:
        positions = self.groups.keep(rows, keep)
        inputs = self._of(self.query.inputs, rows)
        total: Tensor | None = None
        for baseline in self.baselines:
            imputed = self.imputer.impute(
                inputs,
                positions,
                baseline=None if baseline is None else self._of(baseline, rows),
                generators=self._generators(rows, keep) if self.imputer.stochastic else None,
            )
            logits = self.query.model(imputed)
            total = logits if total is None else total + logits
        assert total is not None
        return total / len(self.baselines) if len(self.baselines) > 1 else total

    @staticmethod
    def _of(values: Tensor, rows: Tensor) -> Tensor:
        """`values[rows]`, without the copy where all rows are one sample's."""
        if len(rows) and bool((rows == rows[0]).all()):
            return values[int(rows[0])].expand(len(rows), *values.shape[1:])
        return values[rows]

    def _generators(self, rows: Tensor, keep: Tensor) -> list[torch.Generator]:
        coalitions = np.packbits(keep.cpu().numpy(), axis=1)
        seeds = self.query.seeds[rows].tolist()
        codes = [int.from_bytes(blake2b(code.tobytes(), digest_size=8).digest()) for code in coalitions]
        return [generator(seed, code) for seed, code in zip(seeds, codes, strict=True)]
