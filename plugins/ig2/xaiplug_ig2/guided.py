"""The path of Guided IG (Kapishnikov et al., 2021): features of small gradient first, near the straight line."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from xaiplug import Query
from xaiplug.model.passes import in_chunks
from xaiplug_ig2 import ops
from xaiplug_ig2.along import Along
from xaiplug_ig2.probe import Cost, Probing, fit
from xaiplug_ig2.walk import Look, Walked, walk


def guided(query: Query, baselines: Tensor, steps: int, rule: ops.Rule, fraction: float, max_dist: float) -> Along:
    """From the baselines (n,B,*shape) to the inputs; one forward and one vector-Jacobian product a step."""
    n, batch = baselines.shape[:2]
    samples = torch.arange(batch, device=query.inputs.device).repeat(n)
    starts, cost = baselines.flatten(0, 1).clone(), Cost()  # a clone: a caller's inference tensor has no gradients

    def part(chunk: slice) -> Walked:
        rows, start = samples[chunk], starts[chunk]
        goal = query.inputs[rows]

        def advance(at: Tensor, rows: Tensor, look: Look, losses: Tensor) -> tuple[Tensor, None]:
            assert look.gradient is not None
            share = losses.shape[1] / steps
            return step(at, look.gradient, start, goal, share, fraction, max_dist), None

        return walk(start, Probing(query, rows, cost), advance, steps=steps, rule=rule, steer="score")

    key = ("guided", query.model.module)
    walked = Walked(*in_chunks(part, len(samples), fit(query).elements, query.max_batch, key))
    integral, _, scores, _ = (values.unflatten(0, (n, batch)) for values in walked)
    return Along(integral, baselines, scores[..., 0], scores, backwards=cost.backwards)


def step(
    at: Tensor, gradient: Tensor, start: Tensor, goal: Tensor, share: float, fraction: float, max_dist: float
) -> Tensor:
    """One step of Algorithm 1: the points (R,*shape) whose ℓ1 way to the goal is (1 - `share`) of the whole.

    Features go as far as the straight line is at `share` + `max_dist`, those of the smallest gradient first, `fraction`
    of all at a time, until the way left is right; those behind `share` - `max_dist` are brought up to it before.

    Args:
        at, gradient: where the path is, and the score's gradient there.
        start, goal: the baseline and the input.
    """
    begin, end = start.flatten(1), goal.flatten(1)
    low, high = (
        torch.lerp(begin, end, min(max(at_share, 0.0), 1.0)) for at_share in (share - max_dist, share + max_dist)
    )
    now, size = at.flatten(1), gradient.flatten(1).abs()
    now = torch.where((now - begin) * (end - begin).sign() < (low - begin).abs(), low, now)
    left = (1 - share) * (end - begin).abs().sum(1)
    count = 1 + math.floor(fraction * (now.shape[1] - 1))
    waiting = torch.ones(len(now), 1, dtype=torch.bool, device=now.device)
    while True:
        sizes = size.masked_fill(now == high, torch.inf)
        threshold = sizes.kthvalue(count, dim=1, keepdim=True).values
        chosen = (sizes <= threshold) & (sizes < torch.inf) & waiting
        room = ((high - now).abs() * chosen).sum(1)
        need = ((end - now).abs().sum(1) - left).clamp(min=0)
        part = torch.where(room > need, need / room, 1).unsqueeze(1)
        now = torch.where(chosen, torch.where(part < 1, now + part * (high - now), high), now)
        waiting = waiting & (part == 1) & chosen.any(1, keepdim=True)
        if not bool(waiting.any()):
            return now.view_as(at)
