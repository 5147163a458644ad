"""Rules that integrate a function over [0,1]."""

from __future__ import annotations

from functools import cache
from typing import Literal

import numpy as np

Rule = Literal["gausslegendre", "riemann_left", "riemann_middle", "riemann_right", "trapezoid"]


@cache
def quadrature(rule: Rule, points: int) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Nodes in [0,1] and weights that sum to 1.

    Names and nodes are captum's, but for `trapezoid`: captum's `riemann_trapezoid` weights sum to (n-1)/n, so its
    result is off by that factor; these do not.

    >>> quadrature("riemann_middle", 2)
    ((0.25, 0.75), (0.5, 0.5))
    >>> quadrature("trapezoid", 3)
    ((0.0, 0.5, 1.0), (0.25, 0.5, 0.25))
    """
    if rule == "gausslegendre":
        nodes, weights = np.polynomial.legendre.leggauss(points)
        return _numbers((nodes + 1) / 2), _numbers(weights / 2)
    if rule == "trapezoid":
        if points == 1:
            return (0.5,), (1.0,)
        ends = np.full(points, 1 / (points - 1))
        ends[[0, -1]] /= 2
        return _numbers(np.linspace(0, 1, points)), _numbers(ends)
    shift = {"riemann_left": 0.0, "riemann_middle": 0.5, "riemann_right": 1.0}[rule]
    return _numbers((np.arange(points) + shift) / points), (1 / points,) * points


def _numbers(values: np.ndarray) -> tuple[float, ...]:
    return tuple(values.tolist())
