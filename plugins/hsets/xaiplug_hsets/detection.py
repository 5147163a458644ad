"""The fields of the set detector, and its run on one sample."""

from __future__ import annotations

import warnings
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import torch
from annotated_types import Ge, Gt
from torch import Tensor

from xaiplug import Explainer, Query, SetScores
from xaiplug.data.groups import on_grid
from xaiplug.errors import ComponentError
from xaiplug.grad import sample_hessian, smoothed
from xaiplug.grad.smooth import Smoothing
from xaiplug_hsets.growth import Found, Rows, generate
from xaiplug_hsets.idg import path_gradients_of, ways_of
from xaiplug_hsets.neighbours import Neighbours, Normalize, neighbours

Seeds = Literal["integrated-gradients", "gradient"]
_UNDECIDED = object()


@dataclass(frozen=True, eq=False)
class Detected:
    """The sets of one sample and what they cost."""

    sets: list[Found]
    rows: int
    computed: int
    truncated: bool


PUBLISHED = {
    "smoothing": "adv2",
    "seeds": "gradient",
    "normalize": "minmax",
    "confine": False,
    "attempts": None,
    "abs_mode": "reference",
    "scale_mode": "unit",
    "subsets": "sample",
    "aggregate": "sum",
}
"""What `parity` sets: the choices of the published code."""


class Detector(Explainer):
    """How sets are found."""

    reads_only = True
    smoothing: Smoothing = "adv2"
    """ReLUs for the second derivative: adv2 (paper, eq. 8), softplus, or none (ReLU networks have no curvature)."""
    tau: Annotated[float, Gt(0)] = 1e-3
    """Width of adv2 (τ in the paper)."""
    beta: Annotated[float, Gt(0)] = 10.0
    """Sharpness of softplus."""
    seeds: Seeds = "integrated-gradients"
    """What ranks the features that a set may start from: integrated gradients (paper), or the gradient (code)."""
    normalize: Normalize = "maxabs"
    """Scale of μ: maxabs = |H_ji| by the largest off-diagonal one of the row; minmax (code); raw (paper as printed)."""
    mu: Annotated[float, Ge(0)] = 0.5
    """Threshold above which a pair interacts (μ)."""
    nu: Annotated[int, Ge(1)] = 2000
    """Features in a set, at most (ν)."""
    k: Annotated[int, Ge(1)] = 5
    """Sets per sample, at most."""
    max_rows: Annotated[int, Ge(1)] | Literal["auto"] | None = "auto"
    """Hessian rows per sample, at most: auto = 256, and any number with parity; None = any number."""
    confine: bool = False
    """Sets stay in the segment of their seed."""
    attempts: Annotated[int, Ge(1)] | None = 1
    """Seeds without any interaction after which a segment is given up; None = every feature of it is tried."""
    parity: bool = False
    """The published procedure, errors included (see the README): sets the fields that it decides, lets a set have ν + 1
    features, and takes the features in no group for a segment of their own."""

    def __post_init__(self) -> None:
        if not self.parity:
            return
        for one in fields(self):
            value, wanted = getattr(self, one.name), PUBLISHED.get(one.name, _UNDECIDED)
            if wanted is _UNDECIDED or value == wanted:
                continue
            if value != one.default:
                raise ComponentError(f"parity=True decides {one.name}={wanted!r}; drop {one.name}={value!r}")
            object.__setattr__(self, one.name, wanted)

    @property
    def row_limit(self) -> int | None:
        """`max_rows` as a number."""
        if self.max_rows == "auto":
            return None if self.parity else 256
        return self.max_rows

    def curved(self, query: Query) -> Query:
        """The same question to the model with smooth ReLUs."""
        return query.replace(model=smoothed(query.model, self.smoothing, tau=self.tau, beta=self.beta))

    def ranking(self, query: Query, row: int, steps: int, gradients: Tensor | None = None) -> Tensor:
        """What ranks the seeds of one sample, (d,); `gradients` (n,steps+1,d) of its own class where they are known."""
        if self.seeds == "gradient":
            rows = torch.tensor([row], device=query.inputs.device)
            return query.gradient(query.inputs[rows], rows).flatten()
        known = path_gradients_of(query, row, steps) if gradients is None else gradients
        return (ways_of(query, row) * known.mean(1)).mean(0)

    def detect(self, query: Query, curved: Query, row: int, strength: Tensor) -> Detected:
        """Sets of one sample; `strength` (d,) ranks the seeds."""
        labels = scalar_labels(query, row)
        labels = labels + 1 if self.parity else labels
        cap = min(self.nu + self.parity, len(labels))

        def select(entries: Tensor, feature: int) -> Neighbours:
            allowed = labels == labels[feature] if self.confine else None
            return neighbours(entries, feature, self.normalize, self.mu, cap, allowed)

        rows = Rows(sample_hessian(curved, row), select, labels.device, self.row_limit)
        sets, truncated = generate(rows, strength, labels, self.k, cap, self.attempts)
        if rows.used and rows.flat:
            hint = "; a ReLU network needs smoothing='adv2'" if self.smoothing == "none" else ""
            warnings.warn(
                f"{type(self).__name__}: sample {row} has no sets, as its score has no curvature at any seed{hint}",
                stacklevel=2,
            )
        return Detected(sets, len(rows.used), rows.computed, truncated)


def scalar_labels(query: Query, row: int) -> Tensor:
    """Group (d,) of every scalar feature of a sample, -1 = none."""
    shape = tuple(query.inputs.shape[1:])
    labels: Tensor = query.require("groups").labels[row : row + 1]
    return on_grid(labels, shape).expand(1, *shape).flatten()


def assembled(query: Query, found: list[Detected], values: list[list[Tensor]]) -> tuple[SetScores, dict[str, Tensor]]:
    """Sets (B,S,*shape) with their values, and the extras: seeds, pair strengths, counts."""
    inputs = query.inputs
    slots = max(len(one.sets) for one in found)
    shape = (len(query), slots, inputs[0].numel())
    members = torch.zeros(shape, dtype=torch.bool, device=inputs.device)
    entries, worth = inputs.new_full(shape, torch.nan), inputs.new_full(shape[:2], torch.nan)
    seeds = torch.full(shape[:2], -1, device=inputs.device)
    for b, one in enumerate(found):
        for s, part in enumerate(one.sets):
            members[b, s, part.members] = True
            entries[b, s] = 0
            entries[b, s, part.members] = part.entry
            worth[b, s], seeds[b, s] = values[b][s], part.seed
    full = (len(query), slots, *inputs.shape[1:])
    counts = {
        "hessian_rows": torch.tensor([one.rows for one in found]),
        "truncated": torch.tensor([one.truncated for one in found]),
    }
    extras = {"seeds": seeds, "pair_strength": entries.view(full)} | counts
    return SetScores(members.view(full), worth, "interaction"), extras


def counts_of(found: list[Detected]) -> dict[str, Any]:
    """For `meta`: totals over the batch; `rows_computed` has those computed ahead in vain too."""
    return {
        "hessian_rows": sum(one.rows for one in found),
        "rows_computed": sum(one.computed for one in found),
        "truncated": sum(one.truncated for one in found),
        "sets": sum(len(one.sets) for one in found),
    }


def painted(sets: SetScores) -> Tensor:
    """Σ_I 1_I a(I), (B,*shape)."""
    values = sets.values.nan_to_num().view(*sets.values.shape, *[1] * (sets.members.ndim - 2))
    return (sets.members * values).sum(1)
