"""Closed-form weighted least squares on coalitions, in float64."""

from __future__ import annotations

import torch
from torch import Tensor

_RANK = 1e-11
"""Directions with less than this share of the largest eigenvalue are rounding, not data."""

_SAFE = 1e-6
"""Where no pivot is a smaller share of the largest, data fill all directions."""


def constrained(coalitions: Tensor, values: Tensor, total: Tensor, weights: Tensor) -> Tensor:
    """φ (n,) that minimises Σ_m w_m (y_m - Σ_{i in S_m} φ_i)² subject to Σ φ = total; the shortest one if several do.

    Args:
        coalitions: (M,n) bool. values: (M,), v(S) - v(∅). total: scalar, v(N) - v(∅). weights: (M,), positive.
    """
    players = coalitions.shape[1]
    if players < 2:
        return total.expand(players)
    members = coalitions.double()
    share = total.double() / players
    left = values.double() - members.sum(1) * share
    # φ = share + ψ with Σψ = 0: only the part of a row beside its mean matters to ψ, and of equal changes of all there
    # are no data, nor a slope: whatever stands in their place leaves ψ as it is.
    rows = members - members.mean(1, keepdim=True)
    weighted = rows * weights.double()[:, None]
    gram = weighted.T @ rows
    psi = solved(gram, weighted.T @ left, gram.diagonal().mean() / players)
    return (share + psi - psi.mean()).to(values.dtype)


def ridge(coalitions: Tensor, values: Tensor, weights: Tensor, penalty: float) -> tuple[Tensor, Tensor, Tensor]:
    """Coefficients (n,), intercept and R² of values (M,) on coalitions (M,n) bool: weighted, slopes penalised by L2."""
    members, target, weight = coalitions.double(), values.double(), weights.double()
    mean_members = (weight[:, None] * members).sum(0) / weight.sum()
    mean_target = (weight * target).sum() / weight.sum()
    rows, left = members - mean_members, target - mean_target
    weighted = rows * weight[:, None]
    gram = weighted.T @ rows + penalty * torch.eye(rows.shape[1], dtype=rows.dtype, device=rows.device)
    slopes = solved(gram, weighted.T @ left)
    error = (weight * (left - rows @ slopes) ** 2).sum()
    spread = (weight * left**2).sum()
    explained = torch.where(spread > 0, 1 - error / spread, torch.zeros_like(spread))
    intercept = mean_target - mean_members @ slopes
    return slopes.to(values.dtype), intercept.to(values.dtype), explained.to(values.dtype)


def solved(gram: Tensor, right: Tensor, everywhere: Tensor | float = 0.0) -> Tensor:
    """The shortest x with gram x = right, gram (n,n) symmetric and not negative.

    By Cholesky's factors where data fill all directions, else by the eigenvectors of those that they do.

    Args:
        everywhere: added to every entry of `gram` for the factors; of an x whose sum is 0 anyway it changes nothing.
    """
    factors, failed = torch.linalg.cholesky_ex(gram + everywhere)
    pivots = factors.diagonal().square()
    if not failed and len(pivots) and bool(pivots.min() > _SAFE * pivots.max()):
        return torch.cholesky_solve(right[:, None], factors).squeeze(1)
    found: Tensor = torch.linalg.pinv(gram, rtol=_RANK, hermitian=True) @ right
    return found
