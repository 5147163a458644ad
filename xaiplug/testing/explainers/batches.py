"""A sample's answer does not depend on its neighbours, its place, or how many rows go through the model at once."""

from __future__ import annotations

from collections.abc import Callable

import torch

from xaiplug.components import Explainer
from xaiplug.testing.compare import TOLERANCE, largest_error, rows_of, same_answers, stacked
from xaiplug.testing.scenes import answer, main_scene, reference
from xaiplug.testing.types import Measured, Violation, check

MARGIN = 100.0
"""A batch rounds in many places, the probe of `amplification` in one; in float64 this is still next to nothing."""


@check("batch-independent")
def batch_independent(explainer: Explainer) -> Measured:
    """B samples at once, one by one, and in another order give the same; only rounding differs."""
    worst = Measured(0.0)
    for dtype, tolerance in TOLERANCE.items():
        exact, whole = reference(explainer, dtype)
        single = stacked([exact.rows([row]).answer(explainer) for row in range(len(exact))])
        order = [2, 0, 1]
        turned, want = exact.rows(order).answer(explainer), rows_of(whole, torch.tensor(order))
        alone = f"one by one differs from the batch, {dtype}"
        one = _rounded(explainer, dtype, lambda: same_answers(single, stacked([whole]), tolerance, alone))  # noqa: B023
        moved = f"another order differs, {dtype}"
        two = _rounded(explainer, dtype, lambda: same_answers(turned, want, tolerance, moved))  # noqa: B023
        if dtype == torch.float32:
            worst = max(one, two, key=lambda measured: measured.error or 0.0)
    _many_groups(explainer)
    return worst


def _many_groups(explainer: Explainer) -> None:
    """Sampling methods take all coalitions of few groups, and draw those of many."""
    made = main_scene(explainer)
    if not {"groups", "imputer"} & set(explainer.needs) or made.inputs.ndim != 4:
        return
    many, tolerance = made.crowded(), TOLERANCE[torch.float32]
    whole, alone = many.answer(explainer), many.rows([1]).answer(explainer)
    want, message = rows_of(whole, torch.tensor([1])), "with 16 groups, one alone differs from the batch"
    _rounded(explainer, torch.float32, lambda: same_answers(alone, want, tolerance, message))


@check("max-batch")
def max_batch(explainer: Explainer) -> Measured:
    """`max_batch` changes the cost, not the answer."""
    worst = Measured(0.0)
    for dtype, tolerance in TOLERANCE.items():
        made, want = reference(explainer, dtype)
        for rows in (1, 2) if dtype == torch.float32 else (1,):
            got, message = made.answer(explainer, max_batch=rows), f"max_batch={rows} gives another answer, {dtype}"
            measured = _rounded(explainer, dtype, lambda: same_answers(got, want, tolerance, message))  # noqa: B023
            if dtype == torch.float32:
                worst = max(worst, measured, key=lambda one: one.error or 0.0)
    return worst


def _rounded(explainer: Explainer, dtype: torch.dtype, compare: Callable[[], Measured]) -> Measured:
    """`compare()`; a difference beyond the tolerance is excused if the method itself amplifies rounding as much."""
    try:
        return compare()
    except Violation as violation:
        if violation.error is None or violation.error > 0.1:
            raise
        amplified = amplification(explainer, dtype)
        if violation.error > MARGIN * amplified:
            raise
        detail = f"amplifies rounding: one unit in the last place of the input changes the map by {amplified:.1g}"
        return Measured(violation.error, MARGIN * amplified, detail)


def amplification(explainer: Explainer, dtype: torch.dtype) -> float:
    """By how much the map changes when every input changes by one unit in the last place; seeds and all else kept.

    A path that turns at every kink of the network (IG2, guided IG) makes much of little; a sum does not.
    """
    made, want = reference(explainer, dtype)
    query = made.ask(explainer)
    errors = []
    for seed in range(3):
        signs = torch.randint(0, 2, query.inputs.shape, generator=torch.Generator().manual_seed(seed))
        nudged = query.inputs * (1 + (signs * 2 - 1).to(dtype) * torch.finfo(dtype).eps)
        got = answer(explainer, query.replace(inputs=nudged, _generators={}))
        errors.append(largest_error(got.attribution, want.attribution))
    return max(errors)


CHECKS = (batch_independent, max_batch)
