"""A sample's answer does not depend on its neighbours, its place, or how many rows go through the model at once."""

from __future__ import annotations

from collections.abc import Callable

import torch

from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import main_scene, reference
from xaiplug.testing.shared.asked import answer
from xaiplug.testing.shared.compare import TOLERANCE, largest_error, nudged, rounded, rows_of, same_answers, stacked
from xaiplug.testing.shared.types import Measured, check


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
    return rounded(compare, lambda: amplification(explainer, dtype))


def amplification(explainer: Explainer, dtype: torch.dtype) -> float:
    """By how much the map changes when every input changes by one unit in the last place; seeds and all else kept."""
    made, want = reference(explainer, dtype)
    query = made.ask(explainer)
    moved = (answer(explainer, query.replace(inputs=nudged(query.inputs, seed), _generators={})) for seed in range(3))
    return max(largest_error(got.attribution, want.attribution) for got in moved)


CHECKS = (batch_independent, max_batch)
