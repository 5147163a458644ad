"""The equations of noisy linear imputation, and a solver for them.

Every removed pixel is the weighted mean of its neighbours inside the image: 1/6 across an edge, 1/12 across a corner,
renormalised at borders. Multiplied by the sum of its weights, a pixel's equation is a row of a graph Laplacian, so the
system over removed pixels is symmetric and, with one pixel kept, positive definite: the grid is 8-connected.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix, kron
from scipy.sparse.linalg import splu

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_DOWN, _RIGHT = (np.array(side, np.int32) for side in ([-1, -1, -1, 0, 0, 0, 1, 1, 1], [-1, 0, 1] * 3))
_WEIGHTS = np.where(np.abs(_DOWN) + np.abs(_RIGHT) == 2, 1 / 12, 1 / 6) * ((_DOWN != 0) | (_RIGHT != 0))
_CENTRE = 4
_KEPT, _OUTSIDE = -1, -2
_NEAR = 3
"""Largest distance to a kept pixel at which conjugate gradients are fastest without a preconditioner."""
_SMALL = 400
"""Unknowns that are factorised without further ado."""
_DAMPING = 0.9
_TOLERANCE = 1e-10
_MOST = 500


@lru_cache(maxsize=8)
def degrees(height: int, width: int) -> Array:
    """Sum (HW,) of the weights of every pixel's neighbours inside the image."""
    inside = np.pad(np.ones((height, width)), 1)
    rolled = [inside[1 + i : 1 + i + height, 1 + j : 1 + j + width] for i, j in zip(_DOWN, _RIGHT, strict=True)]
    total: Array = np.tensordot(_WEIGHTS, np.stack(rolled), 1).ravel()
    return total


def crowded(removed: Mask, reach: int) -> bool:
    """Whether a removed pixel has no kept one within `reach` rows and columns."""
    whole, length = np.pad(removed, reach, constant_values=True), 2 * reach + 1
    for _ in removed.shape:
        run = 1
        while run < length:  # from runs of so many rows to runs of up to twice as many
            more = min(run, length - run)
            whole, run = whole[:-more] & whole[more:], run + more
        whole = whole.T
    return bool(whole.any())


@lru_cache(maxsize=32)
def interpolation(height: int, width: int) -> Any:
    """Bilinear interpolation (HW, h·w) from the pixels of even row and column, sparse."""

    def along(side: int) -> Any:
        at = np.arange(side)
        left, coarse = at // 2, (side + 1) // 2
        right = np.minimum((at + 1) // 2, coarse - 1)
        value = np.full(2 * side, 0.5)
        return csr_matrix((value, (np.tile(at, 2), np.concatenate([left, right]))), shape=(side, coarse))

    return kron(along(height), along(width), format="csr")


@dataclass(frozen=True, eq=False)
class System:
    """The equations of one mask, A x = W k with k the kept pixels; assembled once, whatever is imputed with it.

    Args:
        at: (n,) the removed pixels in raster order.
        matrix: A (n,n); to_kept: W (n,HW), 0 at removed pixels.
        precondition: an approximate inverse of A; None where there is nothing to solve.
    """

    at: NDArray[np.int64]
    matrix: Any
    to_kept: Any
    precondition: Any

    @classmethod
    def of(cls, removed: Mask) -> System:
        """Assemble the equations of removed (H,W) bool, not all True, and what makes them fast to solve."""
        height, width = removed.shape
        at = np.flatnonzero(removed)
        if not len(at):
            return cls(at, None, None, None)
        frame = np.full((height + 2, width + 2), _OUTSIDE, np.int32)
        frame[1:-1, 1:-1] = _KEPT
        framed = (at + 2 * (at // width) + width + 3).astype(np.int32)
        frame.ravel()[framed] = np.arange(len(at))
        near = frame.ravel().take(framed[:, None] + (_DOWN * (width + 2) + _RIGHT))
        unknown, kept = near.ravel() >= 0, near == _KEPT
        values = np.repeat(-_WEIGHTS[None], len(at), 0)
        values[:, _CENTRE] = degrees(height, width)[at]
        ends = np.append(np.int32(0), unknown.cumsum(dtype=np.int32)[len(_WEIGHTS) - 1 :: len(_WEIGHTS)])
        chosen = unknown.nonzero()[0]
        matrix = csr_matrix((values.ravel()[chosen], near.ravel()[chosen], ends), shape=(len(at), len(at)))
        places = (at.astype(np.int32)[:, None] + (_DOWN * width + _RIGHT)) * kept  # 0, of weight 0, where not kept
        ends = np.arange(0, near.size + 1, len(_WEIGHTS), dtype=np.int32)
        to_kept = csr_matrix(((kept * _WEIGHTS).ravel(), places.ravel(), ends), shape=(len(at), removed.size))
        return cls(at, matrix, to_kept, cls._preconditioner(matrix, removed))

    @staticmethod
    def _preconditioner(matrix: Any, removed: Mask) -> Any:
        if matrix.shape[0] > _SMALL and not crowded(removed, _NEAR):
            return nothing
        return Cycle.of(matrix, removed)

    def solve(self, image: Array) -> Array:
        """Values (K,n) of the removed pixels of an image (K,H,W)."""
        if self.precondition is None:
            return np.zeros((len(image), 0))
        right = np.stack([self.to_kept @ channel.ravel() for channel in image], 1)
        return np.ascontiguousarray(conjugate_gradient(self.matrix, right, self.precondition).T)


def nothing(residual: Array) -> Array:
    """No preconditioner: the diagonal is 1 but at the image's border, and every removed pixel has a kept one near."""
    return residual


@dataclass(frozen=True, eq=False)
class Cycle:
    """One symmetric multigrid V-cycle: about 15 rounds for any mask, where they need up to hundreds without.

    A coarse unknown is a removed pixel of even row and column, so that interpolation has full rank; coarse matrices are
    Pᵀ A P. A sweep of damped Jacobi before and after; undamped, the stencil's high frequencies shrink by 1/3 each time.
    """

    matrix: Any
    inverse: Array
    prolong: Any
    restrict: Any
    below: Any

    @classmethod
    def of(cls, matrix: Any, removed: Mask) -> Any:
        """The cycle for a matrix over removed (H,W); the factorised matrix itself where that is small."""
        coarse = removed[::2, ::2]
        if matrix.shape[0] <= _SMALL or not coarse.any():
            return splu(matrix.tocsc()).solve
        whole = interpolation(*removed.shape)
        prolong = whole[removed.ravel().nonzero()[0]][:, coarse.ravel().nonzero()[0]].tocsr()
        restrict = prolong.T.tocsr()
        below = cls.of((restrict @ matrix @ prolong).tocsr(), coarse)
        return cls(matrix, _DAMPING / matrix.diagonal()[:, None], prolong, restrict, below)

    def __call__(self, residual: Array) -> Array:
        x = self.inverse * residual
        x += self.prolong @ self.below(self.restrict @ (residual - self.matrix @ x))
        x += self.inverse * (residual - self.matrix @ x)
        return x


def conjugate_gradient(matrix: Any, b: Array, precondition: Any) -> Array:
    """x (n,K) with A x = b, to 1e-10 of the error of x = 0, both measured in the preconditioned residual's norm.

    The columns are one system with K equal blocks: one step length for all of them.

    Raises:
        ArithmeticError: it does not converge.
    """
    x, residual = np.zeros_like(b), b.copy()
    z = precondition(residual)
    step = z.copy()
    size = first = np.vdot(residual, z)
    for _ in range(_MOST):
        if size <= _TOLERANCE**2 * first:
            return x
        image = matrix @ step
        length = size / np.vdot(step, image)
        x += length * step
        residual -= length * image
        z = precondition(residual)
        before, size = size, np.vdot(residual, z)
        step *= size / before
        step += z
    raise ArithmeticError(f"noisy linear imputation of {len(b)} pixels did not converge")
