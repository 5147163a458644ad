"""Broken explainers: what lies in one place is shown in another."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.data.groups import FeatureGroups
from xaiplug.kinds import Explainer
from xaiplug.model.query import Query
from xaiplug.testing.shared.violator import violator


class MistakesWidthForHeight(Explainer):
    """Reads rows of pixels as long as columns are: right on squares alone."""

    def explain(self, query: Query) -> Tensor:
        strength = query.gradient(query.inputs) * query.inputs
        if strength.ndim != 4:
            return strength
        height, width = strength.shape[2:]
        turned: Tensor = strength.flatten(2).unflatten(2, (width, height)).mT
        return turned.contiguous()


class GuessesSquares(Explainer):
    """Cells of a square grid over the image, whatever its sides, from as many cells of 4x4 pixels."""

    def explain(self, query: Query) -> Explanation | Tensor:
        strength = query.gradient(query.inputs) * query.inputs
        if strength.ndim != 4:
            return strength
        cells = torch.nn.functional.avg_pool2d(strength.sum(1, keepdim=True), 4).flatten(1)
        side = int(cells.shape[1] ** 0.5)
        groups = FeatureGroups.of_cells(len(query), (side, side), tuple(query.inputs.shape[2:]))
        return Explanation(cells[:, : side**2], "group", groups=groups)


VIOLATORS = (violator("places", MistakesWidthForHeight()), violator("places", GuessesSquares()))
