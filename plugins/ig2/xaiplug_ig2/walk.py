"""A path found step by step, and the integral along it: no point of it is stored.

`walk` is told how to look (`probe`: scores, losses and gradients at points) and how to go on (`advance`). Rows that
have arrived leave the batch.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from xaiplug_ig2.ops import Rule

Steer = Literal["score", "loss"]


class Look(NamedTuple):
    """What a probe saw at R points: scores and losses (R,), gradients (R,*shape) of either, where asked for."""

    score: Tensor
    loss: Tensor
    gradient: Tensor | None
    downhill: Tensor | None

    def take(self, rows: Tensor) -> Look:
        """Some of the rows."""
        return Look(*(None if part is None else part[rows] for part in self))


Probe = Callable[[Tensor, Tensor, bool, bool], Look]
"""`probe(points (R,*shape), rows (R,), gradient, downhill)`: the two flags say which gradients are wanted."""

Advance = Callable[[Tensor, Tensor, Look, Tensor], tuple[Tensor, Tensor | None]]
"""`advance(points, rows, look, losses (R,j+1))`: the next points, and which rows go on (R,) bool; None = all."""


class Walked(NamedTuple):
    """The integral of the gradient along the way (R,*shape), its end (R,*shape), scores and losses (R,steps+1)."""

    integral: Tensor
    end: Tensor
    scores: Tensor
    losses: Tensor


def walk(start: Tensor, probe: Probe, advance: Advance, *, steps: int, rule: Rule | None, steer: Steer) -> Walked:
    """Go `steps` steps from `start` (R,*shape) and add up Σⱼ (x_{j+1} - x_j) ⊙ ∇f, one probe a step.

    ∇f is taken at x_j (`left`), at x_{j+1} (`right`), as the mean of the two (`trapezoid`), or between them
    (`midpoint`: a second probe a step). A row that has arrived keeps its last score and loss.

    Args:
        rule: None = no integral, zeros.
        steer: the gradient that `advance` goes by: of the score, or of the loss.
    """
    live = torch.arange(len(start), device=start.device)
    scores, losses = start.new_zeros(len(start), steps + 1), start.new_zeros(len(start), steps + 1)
    integral, end = torch.zeros_like(start), start.clone()
    at, total = start, torch.zeros_like(start)
    look = probe(at, live, rule in ("left", "trapezoid") or steer == "score", steer == "loss")
    scores[:, 0], losses[:, 0] = look.score, look.loss
    for step in range(1, steps + 1):
        after, going = advance(at, live, look, losses[live, :step])
        if going is not None and not bool(going.all()):
            arrived = live[~going]
            integral[arrived], end[arrived] = total[~going], at[~going]
            scores[arrived, step:], losses[arrived, step:] = look.score[~going, None], look.loss[~going, None]
            live, at, after, total, look = live[going], at[going], after[going], total[going], look.take(going)
            if not len(live):
                break
        way, before, last = after - at, look, step == steps
        wanted = rule in ("right", "trapezoid") or (not last and (rule == "left" or steer == "score"))
        look = probe(after, live, wanted, steer == "loss" and not last)
        match rule:
            case "left":
                total += way * before.gradient
            case "right":
                total += way * look.gradient
            case "trapezoid":
                total += way * (before.gradient + look.gradient) / 2
            case "midpoint":
                total += way * probe(at + way / 2, live, True, False).gradient
        at = after
        scores[live, step], losses[live, step] = look.score, look.loss
    integral[live], end[live] = total, at
    return Walked(integral, end, scores, losses)
