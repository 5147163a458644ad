"""A sample's answer does not depend on its neighbours, its place, or how many rows go through the model at once."""

from __future__ import annotations

import torch

from xaiplug.components import Explainer
from xaiplug.testing.compare import TOLERANCE, rows_of, same_answers, stacked
from xaiplug.testing.scenes import main_scene, reference
from xaiplug.testing.types import Measured, check


@check("batch-independent")
def batch_independent(explainer: Explainer) -> Measured:
    """B samples at once, one by one, and in another order give the same; only rounding differs."""
    worst = Measured(0.0, TOLERANCE[torch.float32])
    for dtype, tolerance in TOLERANCE.items():
        exact, whole = reference(explainer, dtype)
        single = stacked([exact.rows([row]).answer(explainer) for row in range(len(exact))])
        one = same_answers(single, stacked([whole]), tolerance, f"one by one differs from the batch, {dtype}")
        order = [2, 0, 1]
        turned = exact.rows(order).answer(explainer)
        two = same_answers(turned, rows_of(whole, torch.tensor(order)), tolerance, f"another order differs, {dtype}")
        if dtype == torch.float32:
            worst = Measured(max(one.error or 0.0, two.error or 0.0), tolerance)
    made = main_scene(explainer)
    if {"groups", "imputer"} & set(explainer.needs) and made.inputs.ndim == 4:
        many = made.crowded()
        whole, alone = many.answer(explainer), many.rows([1]).answer(explainer)
        want = rows_of(whole, torch.tensor([1]))
        same_answers(alone, want, worst.tolerance or 0.0, "with many groups one alone differs from the batch")
    return worst


@check("max-batch")
def max_batch(explainer: Explainer) -> Measured:
    """`max_batch` changes the cost, not the answer."""
    made, want = reference(explainer)
    tolerance = TOLERANCE[torch.float32]
    errors = [
        same_answers(
            made.answer(explainer, max_batch=rows), want, tolerance, f"max_batch={rows} gives another answer"
        ).error
        for rows in (1, 2)
    ]
    return Measured(max(error or 0.0 for error in errors), tolerance)


CHECKS = (batch_independent, max_batch)
