"""Explanations in parts: a run explains a few samples at a time, and its results do not depend on how many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import Any

import torch
from torch import Tensor

from xaiplug.data.explanation import Explanation, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.result import MetricResult
from xaiplug.data.target import Target

COST = ("forwards", "backwards", "seconds")


def join(parts: Sequence[Explanation]) -> Explanation:
    """Several explanations as one; groups, sets and orders are padded to the longest."""
    if len(parts) == 1:
        return parts[0]
    first = parts[0]
    groups = [part.groups for part in parts if part.groups is not None]
    sets = [part.sets for part in parts if part.sets is not None]
    targets = [part.target for part in parts if part.target is not None]
    return Explanation(
        attribution=padded([part.attribution for part in parts]),
        level=first.level,
        target=Target(torch.cat([t.index for t in targets]), targets[0].scale) if targets else None,
        groups=FeatureGroups(padded([g.labels for g in groups]), torch.cat([g.counts for g in groups]))
        if groups
        else None,
        sets=SetScores(padded([s.members for s in sets]), padded([s.values for s in sets]), sets[0].kind)
        if sets
        else None,
        order=None if first.order is None else padded([part.order for part in parts if part.order is not None]),
        extras={name: padded([part.extras[name] for part in parts]) for name in first.extras},
        meta=_joined_meta([part.meta for part in parts]),
        **{name: _rows(parts, name) for name in ("score", "base_score", "residual")},
    )


def joined_results(counted: Sequence[tuple[int, MetricResult]]) -> MetricResult | None:
    """Results of parts as one; None where they do not fit together (one value a study, curves of other steps)."""
    if any(len(part.values) != count for count, part in counted):
        return None
    parts = [part for _, part in counted]
    first = parts[0]
    if first.steps is None or first.curve is None:
        return _whole(parts)
    if any(part.steps is None or not torch.equal(part.steps, first.steps) for part in parts):
        return None
    return replace(_whole(parts), curve=torch.cat([part.curve for part in parts if part.curve is not None]))


def _whole(parts: Sequence[MetricResult]) -> MetricResult:
    """The values of all parts; their steps are those of the first."""
    return replace(
        parts[0],
        values=torch.cat([part.values for part in parts]),
        extras={name: torch.cat([part.extras[name] for part in parts]) for name in parts[0].extras},
        meta=_joined_meta([part.meta for part in parts]),
    )


def take(explanation: Explanation, rows: Sequence[int]) -> Explanation:
    """The explanation of some of its samples, without the padding that only others need, and without `again`."""
    if list(rows) == list(range(len(explanation))):
        return explanation
    index = torch.tensor(list(rows), dtype=torch.int64)

    def some(value: Any) -> Any:
        match value:
            case Tensor():
                return value[index.to(value.device)]
            case FeatureGroups():
                return value[index.to(value.labels.device)]
            case Target():
                return Target(value.index[index.to(value.index.device)], value.scale)
            case SetScores():
                return SetScores(some(value.members), some(value.values), value.kind)
        return value

    kept = {part.name: some(getattr(explanation, part.name)) for part in fields(explanation)}
    kept |= {"extras": {name: some(value) for name, value in explanation.extras.items()}, "again": None}
    taken = Explanation(**kept)
    if explanation.groups is None or taken.groups is None or taken.groups.count == explanation.groups.count:
        return taken
    return _trimmed(taken, explanation.groups.count, taken.groups.count)


def padded(tensors: Sequence[Tensor]) -> Tensor:
    """Rows of all tensors; other dimensions grow to the largest, filled with NaN, -1 or False."""
    shape = tuple(max(sizes) for sizes in zip(*(t.shape[1:] for t in tensors), strict=True))
    grown = []
    for tensor in tensors:
        if tuple(tensor.shape[1:]) != shape:
            kind = tensor.dtype
            fill = torch.nan if kind.is_floating_point else False if kind == torch.bool else -1
            larger = torch.full((len(tensor), *shape), fill, dtype=kind, device=tensor.device)
            larger[(slice(None), *(slice(size) for size in tensor.shape[1:]))] = tensor
            tensor = larger
        grown.append(tensor)
    return torch.cat(grown)


def _trimmed(explanation: Explanation, old: int, new: int) -> Explanation:
    if explanation.level == "group":
        explanation = explanation.replace(attribution=explanation.attribution[:, :new])
    sets = explanation.sets
    if sets is not None and sets.members.ndim == 3 and sets.members.shape[2] == old:
        explanation = explanation.replace(sets=SetScores(sets.members[:, :, :new], sets.values, sets.kind))
    return explanation


def _rows(parts: Sequence[Explanation], name: str) -> Tensor | None:
    values = [value for part in parts if (value := getattr(part, name)) is not None]
    return torch.cat(values) if values else None


def _joined_meta(metas: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Costs add up, the peak is the highest; what is not the same in all parts becomes a list."""
    joined: dict[str, Any] = {}
    for key in dict.fromkeys(key for meta in metas for key in meta):
        values = [meta[key] for meta in metas if key in meta]
        if key in COST:
            joined[key] = sum(values)
        elif key == "class_names":
            joined[key] = {index: name for value in values for index, name in value.items()}
        elif key == "peak_bytes":
            joined[key] = max(values)
        else:
            joined[key] = values[0] if all(value == values[0] for value in values) else values
    return joined
