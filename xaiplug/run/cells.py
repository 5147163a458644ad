"""What a run is made of: cells, each one folder of results."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal

CellKind = Literal["segment", "explain", "score", "compare", "retrain"]

KEYS = ("model", "data", "explainer", "segmenter", "baseline", "references", "imputer")
"""Columns that say what was explained and how."""


@dataclass(frozen=True)
class Cell:
    """One unit of work, by the names of the run file; empty = not used.

    Attributes:
        metric: label in the results; `metric_entry` is the entry's own label, and `metric_segmenter`,
            `metric_baseline`, `metric_imputer` what the metric is given (the other columns are the explainer's).
        seed: None where every seed gives the same.
        inputs: names of the cells that this one reads.
    """

    kind: CellKind
    model: str = ""
    data: str = ""
    explainer: str = ""
    segmenter: str = ""
    baseline: str = ""
    references: str = ""
    imputer: str = ""
    metric: str = ""
    metric_entry: str = ""
    metric_segmenter: str = ""
    metric_baseline: str = ""
    metric_imputer: str = ""
    seed: int | None = None
    inputs: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Tells the cell from every other of the run: `score decoy decoy-test ig baseline=black metric=gini seed=0`."""
        bare = [self.kind, self.model, self.data, self.explainer]
        named = {key: getattr(self, key) for key in (*KEYS[3:], "metric")}
        told = [f"{key}={value}" for key, value in named.items() if value]
        seed = [] if self.seed is None else [f"seed={self.seed}"]
        return " ".join([*(part for part in bare if part), *told, *seed])

    def plain(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self) | {"inputs": list(self.inputs)}

    @classmethod
    def of(cls, plain: dict[str, Any]) -> Cell:
        """What `plain` gave."""
        known = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in plain.items() if key in known} | {"inputs": tuple(plain["inputs"])})
