"""What an explainer returns."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

import torch
from torch import Tensor

from xaiplug.data.brief import brief, few, size, tally
from xaiplug.data.finite import all_finite
from xaiplug.data.groups import FeatureGroups, grid_of, on_grid
from xaiplug.data.target import Target
from xaiplug.errors import NonFiniteError, ShapeError
from xaiplug.late import later

if TYPE_CHECKING:
    import pandas as pd

Level = Literal["input", "spatial", "group"]
SetKind = Literal["interaction", "coalition_value", "prefix"]


class Asked(Protocol):
    """What an explanation must fit: the inputs (B,*shape) of a query, and its feature groups if it has any."""

    @property
    def inputs(self) -> Tensor: ...

    @property
    def groups(self) -> FeatureGroups | None: ...


@dataclass(frozen=True, eq=False, repr=False)
class SetScores:
    """Scores of sets of features.

    Args:
        members: (B,S,*shape) bool over scalar features, or (B,S,G) bool over groups. S may be 0.
        values: (B,S); NaN marks an unused slot, whose members are all False.
        kind: what a value is.
    """

    members: Tensor
    values: Tensor
    kind: SetKind = "interaction"

    def __repr__(self) -> str:
        samples, most = self.values.shape
        return brief("SetScores", self.kind, tally(samples, "sample"), f"up to {tally(most, 'set')} each")

    def validate(self, batch: int) -> SetScores:
        """Raise a ShapeError unless shapes fit and unused slots are empty; returns self."""
        if self.values.ndim != 2 or self.values.shape[0] != batch or self.members.shape[:2] != self.values.shape:
            raise ShapeError(
                f"sets must be members (B,S,...) and values (B,S) with B={batch}, "
                f"got {tuple(self.members.shape)} and {tuple(self.values.shape)}"
            )
        if self.members.dtype != torch.bool:
            raise ShapeError(f"set members must be bool, got {self.members.dtype}")
        unused = self.values.isnan()
        if bool(self.members.flatten(2).any(2)[unused].any()):
            raise ShapeError("an unused set (value NaN) must have no members")
        return self


@dataclass(frozen=True, eq=False, repr=False)
class Explanation:
    """A signed attribution and what belongs to it; batch first.

    Args:
        attribution: `level` input (B,*shape), spatial (B,1,H,W), or group (B,G) with NaN beyond counts[b].
        level: found from the shape where it is not given, input before spatial before group: a method that answers
            (B,G) and also takes rows says `level="group"`.
        target: what was explained.
        groups: the feature groups of a group level, and of a segmented method.
        sets: scores of feature sets; never None for a set explainer.
        order: (B,P) int64, groups in the order of choice, padded with -1.
        score: (B,) score of the input; base_score: (B,) score of absence; residual: (B,) score - base_score - sum.
        extras: further tensors, first dimension B.
        meta: forwards, backwards, seconds, peak_bytes, versions, and whatever a method counts; plain data. What is
            looked up once for a network (where a layer's maps lie) is in the seconds alone.
        inputs: (B,*shape), what `xaiplug.explain` was given, to be drawn; the same tensor, no copy, and never saved.
        again: the same explainer, for metrics that ask it again; None where nobody knows it, as after `load`.
    """

    attribution: Tensor
    level: Level | None = None
    target: Target | None = None
    groups: FeatureGroups | None = None
    sets: SetScores | None = None
    order: Tensor | None = None
    score: Tensor | None = None
    base_score: Tensor | None = None
    residual: Tensor | None = None
    extras: dict[str, Tensor] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)
    inputs: Tensor | None = None
    again: Any = None

    def __len__(self) -> int:
        return int(self.attribution.shape[0])

    def __repr__(self) -> str:
        sets = "" if self.sets is None else tally(self.sets.values.shape[1], "set")
        cost = [tally(self.meta[name], name[:-1]) for name in ("forwards", "backwards") if self.meta.get(name)]
        return brief(
            "Explanation",
            self.method,
            tally(len(self), "sample"),
            f"{self.level or 'attribution'} {size(self.attribution.shape[1:])}",
            "" if self.target is None else f"class {few(self.target.index)} on {self.target.scale}",
            sets,
            *cost,
        )

    @property
    def method(self) -> str:
        """The name of the explainer that made it; "" where nobody wrote it down."""
        return str(self.meta.get("explainer", {}).get("use", "")).rpartition("/")[2]

    @property
    def class_names(self) -> dict[int, str] | None:
        """The names of the classes explained; None where the model has none."""
        names = self.meta.get("class_names")
        return None if names is None else {int(index): name for index, name in names.items()}

    def replace(self, **changes: Any) -> Explanation:
        """A copy with some fields changed."""
        return replace(self, **changes)

    def to(self, device: torch.device | str) -> Explanation:
        """The same on another device; itself where its attribution is there already."""
        if self.attribution.device == torch.device(device):
            return self

        def moved(value: Any) -> Any:
            match value:
                case Tensor() | FeatureGroups():
                    return value.to(device)
                case Target():
                    return Target(value.index.to(device), value.scale)
                case SetScores():
                    return SetScores(value.members.to(device), value.values.to(device), value.kind)
                case dict():
                    return {name: moved(item) for name, item in value.items()}
            return value

        return Explanation(**{part.name: moved(getattr(self, part.name)) for part in fields(self)})

    def on_inputs(self, shape: tuple[int, ...] | None = None) -> Tensor:
        """The attribution on the positions of the input: (B,*shape) as it is, (B,1,H,W), or groups painted (B,1,*grid).

        With `shape` (C,H,W), (L,D) or (F,), the result broadcasts against (B,*shape). Every position of a group gets
        the group's value (not a share of it).
        """
        if self.level != "group":
            return self.attribution
        if self.groups is None:
            raise ShapeError("a group attribution without its groups cannot be painted")
        painted = self.groups.broadcast(self.attribution.nan_to_num())
        return painted.unsqueeze(1) if shape is None else on_grid(painted, shape)

    def validate(self, query: Asked) -> Explanation:
        """The one place where shapes are checked; returns the explanation with its level filled in, in 32 bits or more.

        Raises:
            ShapeError: a part does not fit the query.
            NonFiniteError: the attribution has NaN or infinity (outside the padding of groups).
        """
        checked = self if self.level else self.replace(level=_level(self.attribution, query))
        checked._check_attribution(query)
        if checked.attribution.dtype in (torch.float16, torch.bfloat16):  # in which nobody can count or add up
            checked = checked.replace(attribution=checked.attribution.float())
        batch = query.inputs.shape[0]
        for name in ("score", "base_score", "residual"):
            value = getattr(checked, name)
            if value is not None and value.shape != (batch,):
                raise ShapeError(f"{name} must be ({batch},), got {tuple(value.shape)}")
        if checked.order is not None and (checked.order.ndim != 2 or len(checked.order) != batch):
            raise ShapeError(f"order must be ({batch},P), got {tuple(checked.order.shape)}")
        for name, value in checked.extras.items():
            if value.ndim == 0 or len(value) != batch:
                raise ShapeError(f"extras['{name}'] must have {batch} rows, got {tuple(value.shape)}")
        if checked.sets is not None:
            checked.sets.validate(batch)
        return checked

    def _check_attribution(self, query: Asked) -> None:
        values = self.attribution
        expected = _shapes(query, self.groups)
        if self.level not in expected or tuple(values.shape) != expected[self.level]:
            allowed = ", ".join(f"{level} {shape}" for level, shape in expected.items())
            raise ShapeError(
                f"attribution {tuple(values.shape)} at level '{self.level}' does not fit; expected {allowed}"
            )
        if not values.is_floating_point():
            raise ShapeError(f"attribution must be floating point, got {values.dtype}")
        if all_finite(values):
            return
        groups = self.groups or query.groups
        inside = (
            groups.players
            if self.level == "group" and groups is not None
            else torch.ones_like(values, dtype=torch.bool)
        )
        wrong = ~torch.isfinite(values) & inside
        if bool(wrong.any()):
            rows = wrong.flatten(1).any(1).nonzero().flatten().tolist()
            raise NonFiniteError(f"the attribution of sample {', '.join(map(str, rows))} has NaN or infinity")

    def save(self, path: str | Path) -> Path:
        """Write one safetensors file, whole or not at all; returns its path."""
        written: Path = later("save")(self, Path(path))
        return written

    @classmethod
    def load(cls, path: str | Path) -> Explanation:
        """Read what `save` wrote.

        Raises:
            DataError: no such file, or not one of ours.
        """
        loaded: Explanation = later("load")(Path(path))
        return loaded

    def to_pandas(self) -> pd.DataFrame:
        """One row per sample and group, or per sample and position, with columns sample, target, ..., attribution."""
        frame: pd.DataFrame = later("frame")(self)
        return frame

    def plot(self, inputs: Tensor | None = None, **options: Any) -> Any:
        """Draw it: `xaiplug.view.plots.plot_explanation`, whose options these are (kind=, samples=, axes=, ...).

        Returns:
            A figure; or the axes that were given.
        """
        return later("plot")(self, inputs, **options)

    def _repr_html_(self) -> str:
        """What a notebook shows: pictures, maps, targets, scores, residuals, cost."""
        page: str = later("html")(self)
        return page

    def with_meta(self, values: Mapping[str, Any]) -> Explanation:
        """A copy whose meta also has `values`; what a method wrote itself wins."""
        return self.replace(meta={**values, **self.meta})


def _shapes(query: Asked, groups: FeatureGroups | None) -> dict[str, tuple[int, ...]]:
    batch, shape = query.inputs.shape[0], tuple(query.inputs.shape[1:])
    shapes: dict[str, tuple[int, ...]] = {"input": (batch, *shape)}
    if len(shape) > 1:
        shapes["spatial"] = (batch, 1, *grid_of(shape)) if len(shape) > 2 else (batch, *grid_of(shape))
    groups = groups or query.groups
    if groups is not None:
        shapes["group"] = (batch, groups.count)
    return shapes


def _level(attribution: Tensor, query: Asked) -> Level:
    expected = _shapes(query, None)
    levels: tuple[Level, ...] = ("input", "spatial", "group")
    for level in levels:
        if tuple(attribution.shape) == expected.get(level):
            return level
    expected = _shapes(query, query.groups)
    if tuple(attribution.shape) == expected.get("group"):
        return "group"
    allowed = ", ".join(f"{level} {shape}" for level, shape in expected.items())
    raise ShapeError(f"attribution {tuple(attribution.shape)} does not fit the query; expected {allowed}")
