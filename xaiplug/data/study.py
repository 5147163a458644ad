"""What a finished run hands over to be shown."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from torch import Tensor

from xaiplug.data.brief import brief, tally
from xaiplug.errors import DataError, ShapeError, listing

if TYPE_CHECKING:
    import pandas as pd

    from xaiplug.data.explanation import Explanation

SETTINGS = ("segmenter", "baseline", "references", "imputer")
"""What an explainer was run with, "" where without; with its name they make a row of the leaderboard."""

RESULTS_COLUMNS = (
    *("model", "data", "explainer", *SETTINGS),
    *("metric", "seed", "sample", "id", "value", "better", "unit"),
)
"""One row a value. `better` is "higher", "lower" or ""; a metric with one value per study has one row a seed."""

TIMINGS_COLUMNS = ("model", "data", "explainer", *SETTINGS, "seed", "forwards", "backwards", "seconds", "peak_bytes")
"""One row an explained batch of samples (a cell); NaN where a cost is not known."""


METHOD = ("explainer", *SETTINGS)
"""What tells a method from others: the explainer and its settings."""


@dataclass(frozen=True)
class Method:
    """An explainer and what it was run with."""

    explainer: str
    settings: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, values: Sequence[Any]) -> Method:
        """From the values of the columns `METHOD`."""
        name, *settings = map(str, values)
        return cls(name, tuple((kind, value) for kind, value in zip(SETTINGS, settings, strict=True) if value))

    def __str__(self) -> str:
        settings = ", ".join(f"{kind} {value}" for kind, value in self.settings)
        return f"{self.explainer} ({settings})" if settings else self.explainer


@dataclass(frozen=True, eq=False, repr=False)
class Curve:
    """The curves of a metric for one explainer: `values` (B,T) at `steps` (T,), one row a sample."""

    model: str
    data: str
    explainer: str
    metric: str
    seed: int
    steps: Tensor
    values: Tensor

    def __repr__(self) -> str:
        return brief(
            "Curve", self.explainer, self.metric, tally(len(self.values), "sample"), f"{len(self.steps)} steps"
        )

    def __post_init__(self) -> None:
        if self.values.ndim != 2 or self.steps.shape != self.values.shape[1:]:
            raise ShapeError(
                f"curve of '{self.explainer}': values {tuple(self.values.shape)} do not fit "
                f"steps {tuple(self.steps.shape)}; expected (B,T) and (T,)"
            )


@dataclass(frozen=True, eq=False, repr=False)
class Panel:
    """Some samples of one data set, and what every explainer makes of them.

    Args:
        model, data: names of the run file.
        inputs: (B,C,H,W) in pixel space [0,1].
        relevant: (B,H,W) bool, the known truth; or None.
        labels, predicted: (B,) int64.
        class_names: name of class k at k; or None.
        ids: B strings.
        maps: explainer name -> its explanation of the same B samples, in the order to be shown.
        left_out: samples of the data set that are not in it.
    """

    model: str
    data: str
    inputs: Tensor
    relevant: Tensor | None
    labels: Tensor
    predicted: Tensor
    class_names: tuple[str, ...] | None
    ids: tuple[str, ...]
    maps: dict[str, Explanation]
    left_out: int = 0

    def __repr__(self) -> str:
        samples, methods = tally(len(self.inputs), "sample"), tally(len(self.maps), "explainer")
        return brief("Panel", f"{self.model} on {self.data}", samples, methods)

    def __post_init__(self) -> None:
        batch = len(self.inputs)
        parts: dict[str, Any] = {"labels": self.labels, "predicted": self.predicted, "ids": self.ids}
        parts |= {f"maps['{name}']": explanation for name, explanation in self.maps.items()}
        if self.relevant is not None:
            parts["relevant"] = self.relevant
        wrong = [f"{name} has {len(part)}" for name, part in parts.items() if len(part) != batch]
        if wrong:
            raise ShapeError(f"panel of '{self.data}' has {batch} inputs, but {', '.join(wrong)}")


def _nothing_scored() -> pd.DataFrame:
    import pandas as pd

    return pd.DataFrame(columns=[*TIMINGS_COLUMNS, "metric"])


@dataclass(frozen=True, eq=False, repr=False)
class Study:
    """One run, finished or as far as it got.

    Args:
        name: of the run file.
        config: the resolved run file, as text.
        results: columns `RESULTS_COLUMNS`.
        timings: columns `TIMINGS_COLUMNS`.
        curves, gallery: what there is to draw; may be empty.
        provenance: one dict a component used: kind, name, plugin, distribution, version, summary, bibtex (may be "").
        failures: one dict a failed cell: `cell` and `error`, and whatever else is known (model, data, explainer, ...).
        machine: facts about where it ran, in the order to be shown.
        stands_for: name of an explainer or a metric -> the component and its parameters in the run file, where the
            name does not say it.
        scorings: as `timings`, of scores, with their `metric`; may be empty.
    """

    name: str
    config: str
    results: pd.DataFrame
    timings: pd.DataFrame
    curves: list[Curve] = field(default_factory=list)
    gallery: list[Panel] = field(default_factory=list)
    provenance: list[dict[str, Any]] = field(default_factory=list)
    failures: list[dict[str, Any]] = field(default_factory=list)
    machine: dict[str, Any] = field(default_factory=dict)
    stands_for: dict[str, str] = field(default_factory=dict)
    scorings: pd.DataFrame = field(default_factory=_nothing_scored)

    def __repr__(self) -> str:
        failed = tally(len(self.failures), "failure") if self.failures else ""
        return brief("Study", self.name, tally(len(self.results), "value"), failed)

    def __post_init__(self) -> None:
        tables = {"results": (self.results, RESULTS_COLUMNS), "timings": (self.timings, TIMINGS_COLUMNS)}
        for name, (frame, columns) in tables.items():
            missing = [column for column in columns if column not in frame.columns]
            if missing and len(frame):
                raise DataError(f"the {name} of study '{self.name}' lack the columns {listing(missing)}")
