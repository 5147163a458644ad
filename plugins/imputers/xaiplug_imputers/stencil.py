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
_NEAR = 1
"""Largest distance to a kept pixel at which the diagonal alone is the cheaper preconditioner."""
_SMALL = 400
"""Unknowns that are factorised without further ado."""
_DAMPING = 0.9
_TOLERANCE = 1e-11
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
    """A x = b over the removed pixels of one mask; assembled once, whatever is imputed with it.

    Args:
        removed: (H,W) bool, not all True.
    """

    removed: Mask
    matrix: Any
    to_kept: Any
    precondition: Any

    @classmethod
    def of(cls, removed: Mask) -> System:
        """Assemble the equations, and what makes them fast to solve."""
        every = weights(*removed.shape)
        at = removed.ravel().nonzero()[0]
        rows = every[at]
        degree = np.asarray(rows.sum(1)).ravel()
        matrix = (diags(degree) - rows[:, at]).tocsr()
        if len(at) <= _SMALL:
            return cls(removed, matrix, rows, splu(matrix.tocsc()).solve)
        if distance_transform_cdt(removed, metric="chessboard").max() <= _NEAR:
            return cls(removed, matrix, rows, Diagonal(1 / matrix.diagonal()[:, None]))
        return cls(removed, matrix, rows, Cycle.of(matrix, removed))

    def solve(self, image: Array) -> Array:
        """Values (n,K) of the removed pixels of an image (H,W,K)."""
        known = np.where(self.removed[..., None], 0.0, image).reshape(-1, image.shape[2])
        return conjugate_gradient(self.matrix, self.to_kept @ known, self.precondition)


@dataclass(frozen=True, eq=False)
class Diagonal:
    """Jacobi: for masks so scattered that every removed pixel has a kept neighbour."""

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
    """x (n,K) with A x = b, every column on its own, until the error has fallen to 1e-11 of that of x = 0.

    Both are measured in the preconditioned residual's norm.

    Raises:
        ArithmeticError: it does not converge.
    """
    x = np.zeros_like(b)
    residual = b
    step = z = precondition(residual)
    size = first = (residual * z).sum(0)
    for _ in range(_MOST):
        if (size <= _TOLERANCE**2 * first).all():
            return x
        image = matrix @ step
        length = _over(size, (step * image).sum(0))
        x = x + length * step
        residual = residual - length * image
        z = precondition(residual)
        before, size = size, (residual * z).sum(0)
        step = z + _over(size, before) * step
    raise ArithmeticError(f"noisy linear imputation of {len(b)} pixels did not converge")


def _over(a: Array, b: Array) -> Array:
    """a / b, and 0 where b is 0: a column that is solved already."""
    return np.divide(a, b, out=np.zeros_like(a), where=b != 0)
