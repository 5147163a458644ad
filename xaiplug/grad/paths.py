"""Gradients at many points for each sample: what integrated gradients and its kin are made of."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.errors import ShapeError
from xaiplug.model.query import Query


def path_gradients(query: Query, points: Tensor) -> Tensor:
    """Gradients of the target score at `points` (P,B,*shape), the same shape; one forward and one backward a point.

    Raises:
        ShapeError: the points do not fit the query's inputs.
    """
    if points.shape[1:] != query.inputs.shape:
        raise ShapeError(f"points must be (P,{','.join(map(str, query.inputs.shape))}), got {tuple(points.shape)}")
    rows = torch.arange(len(query), device=points.device).repeat(len(points))
    return query.gradient(points.flatten(0, 1), rows).view_as(points)
