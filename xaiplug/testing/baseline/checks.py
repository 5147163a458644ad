"""Checks of baselines and reference policies."""

from __future__ import annotations

from functools import partial

import torch
from torch import Tensor

from xaiplug.calling.asking import asking
from xaiplug.errors import listing
from xaiplug.kinds import NEEDS, Baseline
from xaiplug.testing.baseline.scenes import baseline_scenes, baselines_take, built_by
from xaiplug.testing.shared.common import COMMON
from xaiplug.testing.shared.compare import TOLERANCE, largest_error, nudged, rounded, same
from xaiplug.testing.shared.inputs import kinds_taken
from xaiplug.testing.shared.scenes import Scene, scene
from xaiplug.testing.shared.seeding import two_states
from xaiplug.testing.shared.types import Measured, Skip, Violation, check
from xaiplug.testing.shared.untouched import model_unchanged, tensors_of, unchanged, untouched_by


@check("input-kinds")
def input_kinds(baseline: Baseline) -> Measured:
    """Images, rows and embeddings get a baseline, or a clear refusal; at least one gets it."""
    return kinds_taken(baselines_take(baseline))


@check("shape")
def shape(baseline: Baseline) -> Measured:
    """(n,B,*shape) with n at least 1, and no graph."""
    counts = []
    for made in baseline_scenes(baseline):
        built = built_by(baseline, made)
        if not isinstance(built, Tensor) or built.ndim != made.inputs.ndim + 1 or built.shape[1:] != made.inputs.shape:
            got = tuple(built.shape) if isinstance(built, Tensor) else type(built).__name__
            raise Violation(f"{made.kind}: built {got}, expected (n,{','.join(map(str, made.inputs.shape))})")
        if not len(built):
            raise Violation(f"{made.kind}: built no baseline at all")
        if built.requires_grad:
            raise Violation(f"{made.kind}: the baseline hangs on a graph; detach it")
        counts.append(f"{made.kind} n = {len(built)}")
    return Measured(detail=", ".join(counts))


@check("precision")
def precision(baseline: Baseline) -> None:
    """The dtype and device of the inputs, in float32 and float64."""
    made = baseline_scenes(baseline)[0]
    for dtype in TOLERANCE:
        built = built_by(baseline, made.to(dtype))
        if built.dtype != dtype or built.device != made.inputs.device:
            raise Violation(f"{dtype} inputs on {made.inputs.device} got a baseline {built.dtype} on {built.device}")


@check("finite")
def finite(baseline: Baseline) -> None:
    """No NaN and no infinity, also for a constant input."""
    for made in baseline_scenes(baseline):
        for inputs in (made.inputs, torch.full_like(made.inputs, 0.5)):
            if not bool(torch.isfinite(built_by(baseline, made.replace(inputs=inputs))).all()):
                raise Violation(f"{made.kind}: NaN or infinity")


@check("input-range")
def input_range(baseline: Baseline) -> Measured:
    """Baselines of images in [0,1] are images in [0,1]."""
    for made in baseline_scenes(baseline):
        if made.kind == "images":
            built = built_by(baseline, made)
            low, high = float(built.min()), float(built.max())
            if low < -1e-6 or high > 1 + 1e-6:
                raise Violation(f"values from {low:.3g} to {high:.3g}, outside the pixels' [0,1]")
            return Measured(detail=f"from {low:.3g} to {high:.3g}")
    raise Skip("takes no images")


@check("deterministic")
def deterministic(baseline: Baseline) -> None:
    """The same seed gives the same baseline, whatever the global random state."""
    made = baseline_scenes(baseline)[0]
    first, second = two_states(lambda: built_by(baseline, made))
    if not torch.equal(first, second):
        raise Violation("a second call gives another baseline")


@check("global-rng-untouched")
def global_rng_untouched(baseline: Baseline) -> None:
    """The global random states of torch, numpy and Python are neither advanced nor seeded."""
    query = baseline_scenes(baseline)[0].fresh().ask(baseline)
    untouched_by(lambda: baseline.build(query))


@check("batch-independent")
def batch_independent(baseline: Baseline) -> Measured:
    """B samples at once, one by one, and in another order get the same."""
    worst = Measured(0.0, TOLERANCE[torch.float32])
    for made in baseline_scenes(baseline):
        for dtype, tolerance in TOLERANCE.items():
            exact = made.to(dtype)
            whole = built_by(baseline, exact)
            single = torch.cat([built_by(baseline, exact.rows([row])) for row in range(len(exact))], 1)
            message = f"{made.kind}: one by one differs from the batch, {dtype}"
            amplified = partial(_amplification, baseline, exact, whole)
            alone = rounded(partial(same, single, whole, tolerance, message), amplified)
            turned = built_by(baseline, exact.rows([2, 0, 1]))
            message = f"{made.kind}: another order differs, {dtype}"
            rounded(partial(same, turned, whole[:, [2, 0, 1]], tolerance, message), amplified)
            if dtype == torch.float32:
                worst = max(worst, alone, key=lambda measured: measured.error or 0.0)
    return worst


def _amplification(baseline: Baseline, made: Scene, want: Tensor) -> float:
    """By how much the baseline changes when every input changes by one unit in the last place."""
    query = made.ask(baseline)
    with asking(query.model):
        moved = [baseline.build(query.replace(inputs=nudged(query.inputs, s), _generators={})) for s in range(3)]
    return max(largest_error(got, want) for got in moved)


@check("inputs-untouched")
def inputs_untouched(baseline: Baseline) -> None:
    """The tensors of the query, and its pool, are as before."""
    query = baseline_scenes(baseline)[0].fresh().ask(baseline)
    unchanged(tensors_of(query), lambda: baseline.build(query))


@check("model-untouched")
def model_untouched(baseline: Baseline) -> None:
    """Parameters, buffers, gradients, flags and hooks are as before; with `reads_only`, all the time."""
    query = baseline_scenes(baseline)[0].fresh().ask(baseline)
    model_unchanged(baseline, query, lambda: baseline.build(query))


@check("declared-needs")
def declared_needs(baseline: Baseline) -> Measured:
    """The query holds what is in `needs`, and that is enough."""
    unknown = set(baseline.needs) - NEEDS
    if unknown:
        raise Violation(f"unknown need {listing(unknown)} (needs: {listing(NEEDS)})")
    if any(isinstance(made, Scene) for made in baselines_take(baseline).values()):
        return Measured(detail=f"needs {', '.join(sorted(baseline.needs)) or 'nothing'}")
    for extra in ("pool", "references", "groups", "relevant", "exact"):
        try:
            made = scene("images").normalised()
            baseline.build(made.ask(baseline, needs=(*baseline.needs, extra)))
        except Exception:
            continue
        raise Violation(f"uses query.{extra} without declaring it: needs = {(*baseline.needs, extra)}")
    return Measured(detail="takes no kind of input, see input-kinds")


CHECKS = (
    input_kinds,
    shape,
    precision,
    finite,
    input_range,
    deterministic,
    global_rng_untouched,
    batch_independent,
    inputs_untouched,
    model_untouched,
    declared_needs,
    *COMMON,
)
