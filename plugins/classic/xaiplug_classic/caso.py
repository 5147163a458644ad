"""CASO (Singla, Wallace, Feng and Feizi, 2019)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Literal

import torch
from annotated_types import Ge
from torch import Tensor

from xaiplug import Explanation, Query
from xaiplug.errors import ComponentError
from xaiplug.grad import twice_differentiable
from xaiplug_classic.context import ContextAware, shrunk

Product = Callable[[Tensor], Tensor]
"""v (d,) -> H v (d,)."""

_ROUNDS = 500


class Caso(ContextAware):
    """The small change that moves a quadratic loss most.

    max_Δ gᵀΔ + ½ΔᵀHΔ - λ₁‖Δ‖₁ - λ₂‖Δ‖² (Singla et al., 2019, eq. 5), g and H of the loss; the result is -Δ.

    With λ₁ = 0 that is Δ = (2λ₂I - H)⁻¹ g, by conjugate gradients; else accelerated proximal steps to convergence (the
    authors stop after ten). The result is (B,*shape), in units of the input; `extras["top_eigenvalue"]` (B,) is that of
    H, `extras["l2"]` (B,) the λ₂ that was used.

    `route="hessian"`: H by double backward, exact for any network; that of a ReLU network is the curvature of the
    softmax alone. `route="low-rank"`: H = JᵀAJ, J the Jacobian of the logits (one backward per class) and A the Hessian
    of the loss in the logits; exact where the logits are piecewise linear, and then the same.

    Raises:
        ComponentError: the problem has no maximum, as 2λ₂ does not exceed the top eigenvalue (with `shift=False`).
    """

    route: Literal["hessian", "low-rank"] = "hessian"
    """How H is applied."""
    shift: bool = True
    """λ₂ + the top eigenvalue in the place of λ₂ (the authors' code), which makes the problem concave."""
    power_steps: Annotated[int, Ge(1)] = 10
    """Steps of the power iteration that estimates the top eigenvalue."""

    @property
    def claims(self) -> tuple[str, ...]:  # type: ignore[override]
        return ("dummy", "implementation-invariance")

    def explain(self, query: Query) -> Explanation:
        copies = self.copies(query)
        start = query.normal(*query.inputs.shape[1:]).flatten(1)
        maps, tops, penalties = [], [], []
        for b in range(len(query)):
            product, gradient = self._derivatives(query, copies[:, b], b)
            top, widest = _spectrum(product, start[b], self.power_steps)
            l2 = self.l2 + max(top, 0.0) if self.shift else self.l2
            kappa = l2 * self.stiffness / self.l2
            if kappa <= top:
                raise ComponentError(
                    f"caso: the penalty {kappa:.3g} does not exceed the top eigenvalue {top:.3g} of sample {b}, so "
                    "there is no maximum; raise l2, or use shift=True"
                )
            change = _solved(product, gradient, kappa, self.l1, widest)
            maps.append(-change.view_as(query.inputs[b]))
            tops.append(top)
            penalties.append(l2)
        extras = {"top_eigenvalue": query.inputs.new_tensor(tops), "l2": query.inputs.new_tensor(penalties)}
        return Explanation(torch.stack(maps), "input", extras=extras)

    def _derivatives(self, query: Query, points: Tensor, row: int) -> tuple[Product, Tensor]:
        """H as a product, and g (d,), of the loss: means over points (N,*shape)."""
        rows = torch.full((len(points),), row, device=points.device)
        with torch.enable_grad(), twice_differentiable(), query.naming(rows):
            x = points.detach().clone().requires_grad_()
            logits = query.model(x)
            if self.route == "low-rank":
                return _low_rank(query, x, logits, rows)
            loss = -query.target.score(logits, rows, query.model.output).sum()
            (gradient,) = torch.autograd.grad(loss, x, create_graph=True)

        def product(v: Tensor) -> Tensor:
            if not gradient.requires_grad:
                return torch.zeros_like(v)
            along = v.view_as(x[0]).expand_as(x)
            (found,) = torch.autograd.grad(gradient, x, along, retain_graph=True, allow_unused=True)
            return torch.zeros_like(v) if found is None else found.flatten(1).mean(0)

        return product, gradient.detach().flatten(1).mean(0)


def _low_rank(query: Query, x: Tensor, logits: Tensor, rows: Tensor) -> tuple[Product, Tensor]:
    """H = mean JᵀAJ and g = mean Jᵀ∂loss/∂z from the logits' Jacobians (N,K,d)."""
    classes = range(logits.shape[1])
    rows_of = [torch.autograd.grad(logits[:, k].sum(), x, retain_graph=True)[0].flatten(1) for k in classes]
    jacobian = torch.stack(rows_of, dim=1)
    z = logits.detach().requires_grad_()
    loss = -query.target.score(z, rows, query.model.output).sum()
    (slope,) = torch.autograd.grad(loss, z, create_graph=True)
    columns = [
        torch.autograd.grad(slope[:, k].sum(), z, retain_graph=True)[0] if slope.requires_grad else torch.zeros_like(z)
        for k in classes
    ]
    inner = torch.stack(columns, dim=2)

    def product(v: Tensor) -> Tensor:
        return torch.einsum("nkd,nkl,nl->d", jacobian, inner, jacobian @ v) / len(x)

    return product, torch.einsum("nkd,nk->d", jacobian, slope.detach()) / len(x)


def _spectrum(product: Product, start: Tensor, steps: int) -> tuple[float, float]:
    """The top eigenvalue of H and its largest in magnitude, by power iteration."""
    largest = _power(product, start, steps)
    if largest >= 0:
        return largest, largest
    top = _power(lambda v: product(v) - largest * v, start, steps) + largest
    return top, -largest


def _power(product: Product, start: Tensor, steps: int) -> float:
    v = start / start.norm()
    value = 0.0
    for _ in range(steps):
        image = product(v)
        value, length = float(v @ image), image.norm()
        if not length:
            return 0.0
        v = image / length
    return float(v @ product(v)) if steps else value


def _solved(product: Product, gradient: Tensor, kappa: float, l1: float, widest: float) -> Tensor:
    """argmax_Δ gᵀΔ + ½ΔᵀHΔ - ½κ‖Δ‖² - λ₁‖Δ‖₁."""
    tolerance = 20 * torch.finfo(gradient.dtype).eps
    if l1 == 0:
        return _conjugate_gradients(product, gradient, kappa, tolerance)
    # Accelerated proximal steps with restart; the smooth part is κ - top strongly and κ + widest at most curved.
    step = 1 / (kappa + widest)
    change = shrunk(gradient, l1) / kappa
    ahead, momentum = change, 1.0
    for _ in range(_ROUNDS):
        slope = gradient + product(ahead) - kappa * ahead
        following = shrunk(ahead + step * slope, step * l1)
        moved = following - change
        if float((ahead - following) @ moved) > 0:
            momentum = 1.0
        grown = (1 + (1 + 4 * momentum**2) ** 0.5) / 2
        ahead = following + (momentum - 1) / grown * moved
        change, momentum = following, grown
        if float(moved.norm()) <= tolerance * float(change.norm()):
            break
    return change


def _conjugate_gradients(product: Product, gradient: Tensor, kappa: float, tolerance: float) -> Tensor:
    """(κI - H)⁻¹ g.

    Raises:
        ComponentError: κI - H is not positive definite.
    """
    change, left = torch.zeros_like(gradient), gradient
    along, size = left, left @ left
    goal = tolerance**2 * size
    for _ in range(_ROUNDS):
        if size <= goal:
            break
        image = kappa * along - product(along)
        curvature = along @ image
        if curvature <= 0:
            raise ComponentError("caso: the penalty does not exceed the top eigenvalue; raise l2, or power_steps")
        alpha = size / curvature
        change, left = change + alpha * along, left - alpha * image
        before, size = size, left @ left
        along = left + size / before * along
    return change
