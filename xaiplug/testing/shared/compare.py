"""Is it the same? Largest errors, bit-equal tensors, and what an answer consists of."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.testing.shared.types import Measured, Violation

TOLERANCE = {torch.float32: 1e-5, torch.float64: 1e-12}
"""By how much, relative to the largest value, a batch, an order or an engine may change a score: rounding."""


def largest_error(got: Tensor, want: Tensor, least: float = 0.0) -> float:
    """Largest difference, relative to the largest value (at least `least`); infinite where NaN or shapes differ."""
    if got.shape != want.shape or not torch.equal(got.isnan(), want.isnan()):
        return float("inf")
    if not got.numel():
        return 0.0
    got, want = got.detach().double().nan_to_num(), want.detach().double().nan_to_num()
    scale = max(float(torch.maximum(got.abs().max(), want.abs().max())), least)
    return float((got - want).abs().max()) / scale if scale else 0.0


def same(got: Tensor, want: Tensor, tolerance: float, message: str, least: float = 0.0) -> Measured:
    """Measured error, or a `Violation` where it exceeds the tolerance."""
    if got.shape != want.shape:
        raise Violation(f"{message}: {tuple(got.shape)} instead of {tuple(want.shape)}")
    error = largest_error(got, want, least)
    if not error <= tolerance:
        raise Violation(message, error, tolerance)
    return Measured(error, tolerance)


MARGIN = 100.0
"""A batch rounds in many places, the probe of `amplified` in one; in float64 this is still next to nothing."""


def rounded(compare: Callable[[], Measured], amplified: Callable[[], float]) -> Measured:
    """`compare()`; a difference beyond the tolerance is excused if the method itself amplifies rounding as much.

    A path that turns at every kink of the network (IG2, guided IG) makes much of little; a sum does not. `amplified`
    measures it: by how much the result changes when every input changes by one unit in the last place. A difference
    above 0.1 is never excused, and what is excused is said.
    """
    try:
        return compare()
    except Violation as violation:
        if violation.error is None or violation.error > 0.1:
            raise
        factor = amplified()
        if violation.error > MARGIN * factor:
            raise
        detail = f"amplifies rounding: one unit in the last place of the input changes the result by {factor:.1g}"
        return Measured(violation.error, MARGIN * factor, detail)


def nudged(inputs: Tensor, seed: int) -> Tensor:
    """Every input one unit in the last place up or down."""
    signs = torch.randint(0, 2, inputs.shape, generator=torch.Generator().manual_seed(seed)) * 2 - 1
    return inputs * (1 + signs.to(inputs.dtype) * torch.finfo(inputs.dtype).eps)


def same_answers(got: Explanation, want: Explanation, tolerance: float, message: str) -> Measured:
    """Every part of two explanations: attribution, sets, order, scores, extras.

    What is a difference of scores is off by the rounding of the scores, however small the difference.
    """
    ours, theirs = parts(got), parts(want)
    if ours.keys() != theirs.keys():
        raise Violation(f"{message}: one answer has {sorted(ours)}, the other {sorted(theirs)}")
    score = 0.0 if want.score is None else float(want.score.abs().max())
    errors = []
    for name, values in ours.items():
        least = 0.0 if name == "attribution" and want.level != "group" else score
        errors.append(same(values, theirs[name], tolerance, f"{message} ({name})", least).error or 0.0)
    return Measured(max(errors), tolerance)


def parts(explanation: Explanation) -> dict[str, Tensor]:
    """The tensors of an explanation by name."""
    found = {"attribution": explanation.attribution}
    for name in ("order", "base_score", "residual"):
        if (value := getattr(explanation, name)) is not None:
            found[name] = value
    if explanation.sets is not None:
        found |= _in_order(explanation.sets)
    return found | {f"extras {name}": value for name, value in explanation.extras.items()}


def _in_order(sets: SetScores) -> dict[str, Tensor]:
    """Used slots first, in the order of their members: which slot a set is in says nothing."""
    members, values = sets.members.flatten(2), sets.values
    width = int((~values.isnan()).sum(1).max()) if values.numel() else 0
    ordered = torch.zeros(len(values), width, members.shape[2], dtype=torch.float64)
    worth = values.new_full((len(values), width), torch.nan)
    for row, (some, value) in enumerate(zip(members, values, strict=True)):
        used = (~value.isnan()).nonzero().flatten().tolist()
        used.sort(key=lambda slot: some[slot].nonzero().flatten().tolist())
        ordered[row, : len(used)] = some[used].double()
        worth[row, : len(used)] = value[used]
    return {"set members": ordered, "set values": worth}


def stacked(answers: Sequence[Explanation]) -> Explanation:
    """One explanation of several batches; groups, sets and orders are padded to the widest."""

    def joined(values: Sequence[Tensor | None], fill: float) -> Tensor | None:
        tensors = [value for value in values if value is not None]
        return torch.cat(padded(tensors, fill)) if tensors else None

    sets = [answer.sets for answer in answers if answer.sets is not None]
    first = answers[0]
    group = first.level == "group"
    return first.replace(
        attribution=torch.cat(
            padded([a.attribution for a in answers], float("nan")) if group else [a.attribution for a in answers]
        ),
        order=joined([a.order for a in answers], -1),
        base_score=joined([a.base_score for a in answers], 0),
        residual=joined([a.residual for a in answers], 0),
        score=joined([a.score for a in answers], 0),
        sets=type(sets[0])(
            torch.cat(padded([s.members for s in sets], 0)),
            torch.cat(padded([s.values for s in sets], float("nan"))),
            sets[0].kind,
        )
        if sets
        else None,
        extras={name: torch.cat(padded([a.extras[name] for a in answers], float("nan"))) for name in first.extras},
        groups=None,
    )


def padded(tensors: Sequence[Tensor], fill: float) -> list[Tensor]:
    """All but the first dimension filled up to the largest; integers and booleans are filled with -1 and False."""
    widest = [max(sizes) for sizes in zip(*(t.shape[1:] for t in tensors), strict=True)]
    made = []
    for tensor in tensors:
        value = fill if tensor.is_floating_point() else (-1 if tensor.dtype != torch.bool else 0)
        whole = tensor.new_full((len(tensor), *widest), value)
        whole[tuple(slice(0, size) for size in tensor.shape)] = tensor
        made.append(whole)
    return made


def rows_of(explanation: Explanation, rows: Tensor) -> Explanation:
    """Some samples of an explanation."""
    sets = explanation.sets
    return explanation.replace(
        attribution=explanation.attribution[rows],
        order=None if explanation.order is None else explanation.order[rows],
        base_score=None if explanation.base_score is None else explanation.base_score[rows],
        residual=None if explanation.residual is None else explanation.residual[rows],
        score=None if explanation.score is None else explanation.score[rows],
        sets=None if sets is None else type(sets)(sets.members[rows], sets.values[rows], sets.kind),
        extras={name: value[rows] for name, value in explanation.extras.items()},
        groups=None if explanation.groups is None else explanation.groups[rows],
    )
