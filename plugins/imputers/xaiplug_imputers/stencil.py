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
from scipy.ndimage import distance_transform_cdt
from scipy.sparse import csr_matrix, diags, kron
from scipy.sparse.linalg import splu

Array = NDArray[np.float64]
Mask = NDArray[np.bool_]

_EDGE, _CORNER = 1 / 6, 1 / 12
_NEAR = 3
"""Largest distance to a kept pixel at which the diagonal alone is the cheaper preconditioner."""
_SMALL = 400
"""Unknowns that are factorised without further ado."""
_DAMPING = 0.9
_TOLERANCE = 1e-10
_MOST = 500


@lru_cache(maxsize=8)
def weights(height: int, width: int) -> Any:
    """Symmetric weights (HW,HW) of neighbouring pixels, sparse."""
    number = np.arange(height * width).reshape(height, width)
    pairs = [
        (number[:, :-1], number[:, 1:], _EDGE),
        (number[:-1], number[1:], _EDGE),
        (number[:-1, :-1], number[1:, 1:], _CORNER),
        (number[:-1, 1:], number[1:, :-1], _CORNER),
    ]
    one = np.concatenate([a.ravel() for a, _, _ in pairs])
    two = np.concatenate([b.ravel() for _, b, _ in pairs])
    value = np.concatenate([np.full(a.size, weight) for a, _, weight in pairs])
    half = csr_matrix((value, (one, two)), shape=(number.size, number.size))
    return (half + half.T).tocsr()


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
        matrix: A (n,n); to_kept: W (n,HW), without entries of removed pixels.
        precondition: an approximate inverse of A; None where there is nothing to solve.
    """

    at: NDArray[np.int64]
    matrix: Any
    to_kept: Any
    precondition: Any

    @classmethod
    def of(cls, removed: Mask) -> System:
        """Assemble the equations of removed (H,W) bool, not all True, and what makes them fast to solve."""
        at = removed.ravel().nonzero()[0]
        rows = weights(*removed.shape)[at]
        degree = np.asarray(rows.sum(1)).ravel()
        matrix = (diags(degree) - rows[:, at]).tocsr()
        rows.data[removed.ravel()[rows.indices]] = 0
        return cls(at, matrix, rows, cls._preconditioner(matrix, removed) if len(at) else None)

    @staticmethod
    def _preconditioner(matrix: Any, removed: Mask) -> Any:
        if matrix.shape[0] > _SMALL and distance_transform_cdt(removed, metric="chessboard").max() <= _NEAR:
            return Diagonal(1 / matrix.diagonal()[:, None])
        return Cycle.of(matrix, removed)

    def solve(self, image: Array) -> Array:
        """Values (K,n) of the removed pixels of an image (K,H,W)."""
        if self.precondition is None:
            return np.zeros((len(image), 0))
        known = np.ascontiguousarray(image.reshape(len(image), -1).T)
        return np.ascontiguousarray(conjugate_gradient(self.matrix, self.to_kept @ known, self.precondition).T)


@dataclass(frozen=True, eq=False)
class Diagonal:
    """Jacobi: for scattered masks, where every removed pixel has a kept one near."""

    inverse: Array

    def __call__(self, residual: Array) -> Array:
        return self.inverse * residual


@dataclass(frozen=True, eq=False)
class Cycle:
    """One symmetric multigrid V-cycle: about 15 rounds for any mask, where the diagonal alone needs up to hundreds.

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
