"""Exact rows of the Hessian of the target score, batched over features and samples."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from xaiplug.errors import NonFiniteError, ShapeError
from xaiplug.grad.second import twice_differentiable
from xaiplug.model.passes import in_chunks, is_out_of_memory
from xaiplug.model.query import Query


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
    have no second derivative). A piecewise-linear network has a zero Hessian; see `xaiplug.grad.smoothed`. For many
    rows of one sample `sample_hessian` is cheaper.
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
        with torch.enable_grad(), twice_differentiable():
            x = query.inputs[rows[chunk]].detach().requires_grad_()
            score = query.target.score(query.model(x), rows[chunk], query.model.output)
            (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
            chosen = gradient.flatten(1).gather(1, features[chunk, None]).sum()
            if not chosen.requires_grad:
                return torch.zeros_like(x)
            (row,) = torch.autograd.grad(chosen, x, allow_unused=True)
            return torch.zeros_like(x) if row is None else row

    with query.naming(rows):
        return in_chunks(part, len(rows), size * 8, query.max_batch, ("hessian", query.model.module))


def sample_hessian(query: Query, row: int) -> Callable[[Tensor], Tensor]:
    """The Hessian of the target score at sample `row`, row by row: features (R,) int64 -> (R,d), d2 score / d x_f d x.

    The gradient is made once, with its graph, which lives as long as what is returned; every row is one further
    backward through it, several of them vectorised where the network's operations allow.

    Raises:
        ShapeError: an index outside the sample. NonFiniteError: a row has NaN or infinity (both when called).
    """
    rows = torch.tensor([row], device=query.inputs.device)
    with torch.enable_grad(), twice_differentiable(), query.naming(rows):
        x = query.inputs[rows].detach().clone().requires_grad_()
        score = query.target.score(query.model(x), rows, query.model.output)
        (gradient,) = torch.autograd.grad(score.sum(), x, create_graph=True)
    size = x.numel()

    def differentiated(direction: Tensor, *, batched: bool) -> Tensor:
        (found,) = torch.autograd.grad(
            gradient, x, direction, retain_graph=True, is_grads_batched=batched, allow_unused=True
        )
        return torch.zeros_like(direction) if found is None else found

    def backward(chosen: Tensor) -> Tensor:
        directions = x.new_zeros(len(chosen), size).scatter_(1, chosen[:, None], 1.0).view(-1, *x.shape)
        if len(chosen) > 1:
            try:
                return differentiated(directions, batched=True).flatten(1)
            except RuntimeError as error:  # an operation without a batching rule
                if is_out_of_memory(error):
                    raise
        return torch.cat([differentiated(one, batched=False).flatten(1) for one in directions])

    def hessian(features: Tensor) -> Tensor:
        if features.numel() and not 0 <= int(features.min()) <= int(features.max()) < size:
            raise ShapeError(f"features must lie in 0..{size - 1}")
        if not features.numel() or not gradient.requires_grad:
            return x.new_zeros(len(features), size)
        chosen, key = features.to(x.device), ("sample-hessian", query.model.module)
        found = in_chunks(lambda part: backward(chosen[part]), len(chosen), 8 * size, query.max_batch, key)
        if not bool(torch.isfinite(found).all()):
            raise NonFiniteError(f"a Hessian row of sample {row} has NaN or infinity")
        return found

    return hessian
