"""Hessian rows of one sample, and who is above the threshold in them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor
from torch.nn.attention import SDPBackend, sdpa_kernel

from xaiplug import Query
from xaiplug.errors import NonFiniteError
from xaiplug.model.batching import in_chunks, is_out_of_memory

Normalize = Literal["maxabs", "minmax", "raw"]

_ROUNDING = 64
"""A row whose off-diagonal entries are all below so many units of rounding of its largest has no neighbours."""


@dataclass(frozen=True, eq=False)
class Neighbours:
    """Features above the threshold in one row, strongest first: `index` (n,) int64 and their signed `entry` (n,)."""

    index: Tensor
    entry: Tensor


class Curvature:
    """Hessian rows of the target score at one sample.

    `xaiplug.grad.hessian_rows` repeats the sample for every row, which serves many samples at once; a set needs
    hundreds of rows of one sample, so here its gradient is made once, with its graph, and every row is one further
    backward through it, several of them vectorised.
    """

    def __init__(self, query: Query, row: int) -> None:
        self.query, self.row = query, row
        rows = torch.tensor([row], device=query.inputs.device)
        with torch.enable_grad(), sdpa_kernel(SDPBackend.MATH):
            self.x = query.inputs[rows].detach().clone().requires_grad_()
            score = query.target.score(query.model(self.x), rows, query.model.output)
            (gradient,) = torch.autograd.grad(score.sum(), self.x, create_graph=True)
        self.gradient: Tensor = gradient

    def rows(self, features: Sequence[int]) -> Tensor:
        """Rows (R,d) of flat features: d2 score / d x_feature d x.

        Raises:
            NonFiniteError: a row has NaN or infinity.
        """
        chosen = torch.tensor(features, device=self.x.device)
        if not self.gradient.requires_grad:
            return self.x.new_zeros(len(chosen), self.x.numel())
        key = ("curvature", self.query.model.module)
        found = in_chunks(
            lambda part: self._backward(chosen[part]), len(chosen), 8 * self.x.numel(), self.query.max_batch, key
        )
        if not bool(torch.isfinite(found).all()):
            raise NonFiniteError(f"a Hessian row of sample {self.row} has NaN or infinity")
        return found

    def _backward(self, features: Tensor) -> Tensor:
        directions = self.x.new_zeros(len(features), self.x.numel()).scatter_(1, features[:, None], 1.0)
        directions = directions.view(len(features), *self.x.shape)
        if len(features) > 1:
            try:
                return self._differentiate(directions, batched=True).flatten(1)
            except RuntimeError as error:  # an operation without a batching rule
                if is_out_of_memory(error):
                    raise
        return torch.cat([self._differentiate(one, batched=False).flatten(1) for one in directions])

    def _differentiate(self, direction: Tensor, *, batched: bool) -> Tensor:
        with sdpa_kernel(SDPBackend.MATH):
            (row,) = torch.autograd.grad(
                self.gradient, self.x, direction, retain_graph=True, is_grads_batched=batched, allow_unused=True
            )
        return torch.zeros_like(direction) if row is None else row


def neighbours(row: Tensor, feature: int, how: Normalize, mu: float, cap: int, allowed: Tensor | None) -> Neighbours:
    """Who is above `mu` in the Hessian row (d,) of `feature`; at most `cap`, equal entries in the order of the index.

    "maxabs": |H_ji| / max_{l != j} |H_jl| > mu, without the diagonal. "minmax" (published): (H_ji - min) / (max - min
    + 1e-8) > mu. "raw" (the paper as printed): H_ji > mu. `allowed` (d,) bool confines them.

    >>> neighbours(torch.tensor([0.0, -10, 1]), 0, "maxabs", 0.5, 9, None).index
    tensor([1])
    """
    if how == "maxabs":
        strength = row.abs()
        largest = strength.max()
        strength[feature] = 0
        most = strength.max()
        if most <= _ROUNDING * torch.finfo(row.dtype).eps * largest:
            return Neighbours(row.new_zeros(0, dtype=torch.int64), row[:0])
        strength = strength / most
    elif how == "minmax":
        low, high = row.aminmax()
        strength = (row - low) / (high - low + 1e-8)
    else:
        strength = row
    above = strength > mu if allowed is None else (strength > mu) & allowed
    index = above.nonzero().flatten()
    values = strength[index]
    if len(index) > cap:
        strong = values >= values.topk(cap).values[-1]
        index, values = index[strong], values[strong]
    order = values.argsort(descending=True, stable=True)[:cap]
    return Neighbours(index[order], row[index[order]])
