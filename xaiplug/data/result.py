"""What a metric returns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from torch import Tensor

from xaiplug.data.brief import brief, tally
from xaiplug.errors import ShapeError


@dataclass(frozen=True, eq=False, repr=False)
class MetricResult:
    """One number per sample, or per study.

    Args:
        values: (B,) per sample or (1,) per study; NaN = undefined.
        name: the metric's name; filled at the door.
        curve: (B,T), drawn against `steps` (T,); or None.
        unit: of the values, for the report.
        better: "higher", "lower", or None where neither is better.
        extras: further numbers beside each value, first dimension as `values`.
        meta: what it cost: forwards, backwards, seconds, peak_bytes; filled at the door.
    """

    values: Tensor
    name: str = ""
    curve: Tensor | None = None
    steps: Tensor | None = None
    unit: str = ""
    better: Literal["higher", "lower"] | None = None
    extras: dict[str, Tensor] = field(default_factory=dict)
    meta: dict[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        known = int((~self.values.isnan()).sum())
        kind = "value" if len(self.values) == 1 else "sample"
        undefined = len(self.values) - known
        return brief(
            "MetricResult",
            self.name,
            f"mean {self.mean():.4g} {self.unit}".strip() if known else "undefined",
            tally(len(self.values), kind),
            f"{undefined} undefined" if known and undefined else "",
            f"{self.better} is better" if self.better else "",
            *(f"{name} {float(values.nanmean()):.3g}" for name, values in self.extras.items()),
        )

    def validate(self, batch: int) -> MetricResult:
        """Check shapes against a batch of B samples; returns self.

        Raises:
            ShapeError: values are neither (B,) nor (1,), or the curve does not fit its steps.
        """
        if self.values.ndim != 1 or self.values.shape[0] not in (1, batch):
            raise ShapeError(f"metric '{self.name}' must return ({batch},) or (1,), got {tuple(self.values.shape)}")
        if (self.curve is None) != (self.steps is None):
            raise ShapeError(f"metric '{self.name}' must give curve and steps together")
        if (
            self.curve is not None
            and self.steps is not None
            and self.curve.shape != (len(self.values), len(self.steps))
        ):
            raise ShapeError(
                f"metric '{self.name}': curve {tuple(self.curve.shape)} does not fit {len(self.values)} values "
                f"and {len(self.steps)} steps"
            )
        for name, values in self.extras.items():
            if values.ndim == 0 or len(values) != len(self.values):
                raise ShapeError(
                    f"metric '{self.name}': extras['{name}'] must have {len(self.values)} rows, as its values, "
                    f"got {tuple(values.shape)}"
                )
        return self

    def mean(self) -> float:
        """Mean over the samples where the value is defined."""
        return float(self.values.nanmean())
