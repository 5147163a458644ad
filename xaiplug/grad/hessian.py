"""Exact rows of the Hessian of the target score, batched over features and samples."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from xaiplug.data.query import Query
from xaiplug.errors import ShapeError
from xaiplug.model.batching import in_chunks


def hessian_rows(query: Query, features: Tensor, rows: Tensor | None = None) -> Tensor:
    """Rows of the Hessian of the target score at `query.inputs`.

    Args:
        features: (R,) int64, index of a scalar feature in a flattened sample.
        rows: (R,) the sample of each; default feature r belongs to sample r.

    Returns:
        (R,*shape): d2 score / d x_feature d x.

    Raises:
        ShapeError: an index outside the sample, or as many features as rows were not given.

    A double backward: a sample is repeated once per row and differentiated twice, so that any module that torch can
    differentiate twice will do (in-place and reused ReLU too; attention runs on its math kernel, as the fused ones
    have no second derivative). A piecewise-linear network has a zero Hessian; see `xaiplug.grad.smoothed`.
    """
    rows = torch.arange(len(query), device=features.device) if rows is None else rows
    size = query.inputs[0].numel()
    if features.shape != rows.shape or features.ndim != 1:
        raise ShapeError(f"one feature per row, (R,): got {tuple(features.shape)} features, {tuple(rows.shape)} rows")
    if features.numel() and not 0 <= int(features.min()) <= int(features.max()) < size:
        raise ShapeError(f"features must lie in 0..{size - 1}")
    device = query.inputs.device
    features, rows = features.to(device), rows.to(device)

    def part(chunk: slice) -> Tensor:
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            x = query.inputs[rows[chunk]].detach().requires_grad_()
            score = query.target.score(query.model(x), rows[chunk], query.model.output)
            (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
            chosen = gradient.flatten(1).gather(1, features[chunk, None]).sum()
            if not chosen.requires_grad:
                return torch.zeros_like(x)
            (row,) = torch.autograd.grad(chosen, x, allow_unused=True)
            return torch.zeros_like(x) if row is None else row

    return in_chunks(part, len(rows), size * 8, query.max_batch, ("hessian", query.model.module))
