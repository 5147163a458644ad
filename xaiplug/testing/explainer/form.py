"""What an answer looks like: kinds of input, shape, level, padding, numbers, precision."""

from __future__ import annotations

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation
from xaiplug.errors import NonFiniteError, ShapeError
from xaiplug.kinds import Explainer
from xaiplug.testing.explainer.scenes import accepted, main_scene, reference
from xaiplug.testing.shared.compare import same
from xaiplug.testing.shared.inputs import kinds_taken
from xaiplug.testing.shared.scenes import INPUT_KINDS, scene
from xaiplug.testing.shared.types import Measured, Skip, Violation, check


@check("input-kinds")
def input_kinds(explainer: Explainer) -> Measured:
    """Images, volumes, rows and embeddings are explained, or refused with a clear error; at least one is explained."""
    return kinds_taken(accepted(explainer))


@check("shape")
def shape(explainer: Explainer) -> Measured:
    """The attribution is (B,*shape), (B,1,H,W) or (B,G), the level fits, and everything else has B rows."""
    for kind in INPUT_KINDS:
        query = scene(kind).ask(explainer)
        try:
            given = explainer.explain(query)
        except Exception:
            continue  # refused, or crashed: input-kinds tells
        if not isinstance(given, Tensor | Explanation):
            raise Violation(f"returned {type(given).__name__}; expected a tensor or an Explanation")
        try:
            answered = (given if isinstance(given, Explanation) else Explanation(given)).validate(query)
        except NonFiniteError:
            continue
        except ShapeError as error:
            raise Violation(f"{kind}: {error}") from error
        groups = answered.groups or query.groups
        if answered.level == "group" and groups is not None and not answered.attribution[~groups.players].isnan().all():
            raise Violation("columns beyond a sample's number of groups must be NaN")
        return Measured(detail=f"{answered.level} {tuple(answered.attribution.shape)}")
    raise Skip("takes no kind of input, see input-kinds")


@check("finite")
def finite(explainer: Explainer) -> None:
    """No NaN and no infinity, also for a constant input and for an input that equals its baseline."""
    made = main_scene(explainer)
    flat = torch.full_like(made.inputs, 0.5)
    for name, inputs, baseline in (
        ("a constant input", flat, made.baseline),
        ("an input that equals its baseline", made.inputs, made.inputs[None]),
    ):
        try:
            made.replace(inputs=inputs, baseline=baseline).answer(explainer)
        except NonFiniteError as error:
            raise Violation(f"{name}: {error}") from error


@check("precision")
def precision(explainer: Explainer) -> Measured:
    """float32 gives float32, float64 gives float64, and is computed in it."""
    single = reference(explainer)[1].attribution
    if single.dtype != torch.float32:
        raise Violation(f"float32 inputs gave {single.dtype}")
    double = reference(explainer, torch.float64)[1].attribution
    if double.dtype != torch.float64:
        raise Violation(f"float64 inputs gave {double.dtype}")
    values = double[torch.isfinite(double)]
    if torch.equal(values, values.float().double()) and not torch.equal(values, _coarse(values)):
        raise Violation("a float64 answer has no more digits than float32: something in between is computed in float32")
    return Measured(detail="float32, float64")


def _coarse(values: Tensor) -> Tensor:
    """Rounded to 16 bits; counts and ranks stay as they are."""
    mantissa, exponent = torch.frexp(values)
    return torch.ldexp((mantissa * 2**16).round() / 2**16, exponent)


@check("books")
def books(explainer: Explainer) -> Measured | None:
    """What is reported adds up: score is the target's, residual = score - base_score - sum of the attribution."""
    made, answered = reference(explainer)
    query = made.ask(explainer)
    assert answered.score is not None
    same(answered.score, query.scores, 1e-5, "`score` is not the score of the target in its scale")
    if answered.residual is None or answered.base_score is None:
        return Measured(detail="no residual reported")
    total = answered.attribution.flatten(1).nansum(1)
    return same(
        answered.base_score + total + answered.residual,
        answered.score,
        1e-4,
        "score - base_score - sum is not the residual",
    )


CHECKS = (input_kinds, shape, finite, precision, books)
