"""Which cells a run file asks for. Pure: nothing is loaded, nothing is computed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from xaiplug.config import Config, Variant, With
from xaiplug.config.check import chosen_of, offered
from xaiplug.config.fits import PINS, combinations, needs_of
from xaiplug.config.schema import RunEntry
from xaiplug.errors import ConfigError, listing
from xaiplug.kinds import Component, Metric, PairMetric, RetrainMetric
from xaiplug.run.cells import Cell

LARGEST_PLAN = 250_000
"""Cells of one run, at most: sweeps multiply, and a plan is held in memory."""

OWN = "own"
"""Placeholder for the groups that an explanation has itself."""


@dataclass(frozen=True)
class Facts:
    """What a plan must know of data: whether `relevant` is known, the dimensions of a batch, what `exact` says."""

    relevant: bool
    ndim: int
    says: tuple[str, ...] = ()


@dataclass(frozen=True)
class Skipped:
    """Something the run file names that does not fit, and why."""

    what: str
    why: str


@dataclass(frozen=True)
class Plan:
    """Cells in the order of work (inputs first), and what was left out."""

    cells: tuple[Cell, ...]
    skipped: tuple[Skipped, ...] = ()

    def count(self, kind: str) -> int:
        return sum(cell.kind == kind for cell in self.cells)


def make_plan(config: Config, facts: Mapping[str, Facts]) -> Plan:
    """All cells of the run file: for each of `runs`, everything that fits together.

    Raises:
        ConfigError: more than `LARGEST_PLAN`.
    """
    planner = _Planner(config, facts)
    for run in config.file.runs or [RunEntry()]:
        planner.add(run)
    return Plan(tuple(planner.cells.values()), tuple(planner.skipped))


class _Planner:
    def __init__(self, config: Config, facts: Mapping[str, Facts]) -> None:
        self.config, self.facts = config, facts
        self.cells: dict[str, Cell] = {}
        self.skipped: dict[Skipped, None] = {}

    def add(self, run: RunEntry) -> None:
        file = self.config.file
        models = [name for name in file.models if {"*", name} & set(run.models)]
        for data in (name for name in file.data if {"*", name} & set(run.data)):
            explained = [
                cell
                for model in models
                for variant in chosen_of(self.config.variants["explainers"], run.explainers)
                for cell in self._explain(run, model, data, variant)
            ]
            for variant in chosen_of(self.config.variants["metrics"], run.metrics):
                self._several(run, variant, data, models, explained)

    def _explain(self, run: RunEntry, model: str, data: str, variant: Variant) -> Iterator[Cell]:
        """Explain cells of one entry, each followed by its scores."""
        assert variant.component is not None
        offer = self._offer(run, data, variant)
        ways = list(combinations(variant.component, offer))
        for given in ways:
            if "pool" in needs_of(variant.component, given) and self.config.file.pool is None:
                self._skip(f"explainer '{variant.label}' with {_told(given)}", "it draws from a pool; write 'pool:'")
                continue
            for seed in run.seeds or self.config.file.seeds:
                inputs = self._segmented(model, data, given.segmenter, seed)
                cell = self._put(
                    Cell("explain", model, data, variant.label, **given.labels(), seed=seed, inputs=inputs)
                )
                for metric in chosen_of(self.config.variants["metrics"], run.metrics):
                    self._scores(run, cell, metric)
                yield cell

    def _scores(self, run: RunEntry, cell: Cell, variant: Variant) -> None:
        component = variant.component
        if not isinstance(component, Metric):
            return
        offer = self._offer(run, cell.data, variant)
        uses_groups = "groups" in component.needs and not cell.segmenter
        if getattr(variant.entry, "segmenter", None) is None and not uses_groups:
            offer["segmenter"] = [Variant("segmenters", OWN, "", None, variant.entry)]
        if "relevant" in component.needs and not self.facts[cell.data].relevant:
            self._skip(f"metric '{variant.label}' on data '{cell.data}'", "the data has no known truth (relevant)")
            return
        says = self.facts[cell.data].says
        if "exact" in component.needs and component.asks not in says:
            why = f"it says {listing(says)}" if says else "it has no exact answer"
            self._skip(
                f"metric '{variant.label}' on data '{cell.data}'", f"undefined: it asks '{component.asks}', {why}"
            )
            return
        ways = list(combinations(component, offer))
        varied = [pin for pin in PINS if len({given.labels()[pin] for given in ways}) > 1]
        for given in ways:
            if "pool" in needs_of(component, given) and self.config.file.pool is None:
                self._skip(f"metric '{variant.label}' with {_told(given)}", "it draws from a pool; write 'pool:'")
                continue
            own = given.labels()
            self._put(
                replace(
                    cell,
                    kind="score",
                    metric=_labelled(variant.label, {pin: own[pin] for pin in varied}),
                    metric_entry=variant.label,
                    metric_segmenter=own["segmenter"],
                    metric_baseline=own["baseline"],
                    metric_imputer=own["imputer"],
                    inputs=(cell.name, *self._segmented(cell.model, cell.data, given.segmenter, cell.seed)),
                )
            )

    def _several(self, run: RunEntry, variant: Variant, data: str, models: list[str], explained: list[Cell]) -> None:
        """Cells of metrics that look at more than one explanation."""
        component = variant.component
        if isinstance(component, PairMetric):
            if len(models) < 2:
                self._skip(f"metric '{variant.label}' on data '{data}'", "it compares models, and there is one")
                return
            for cell in (c for c in explained if c.model == models[0]):
                inputs = tuple(replace(cell, model=model).name for model in models)
                named = replace(cell, metric=variant.label, metric_entry=variant.label)
                self._put(replace(named, kind="compare", model=" + ".join(models), inputs=inputs))
        if isinstance(component, RetrainMetric):
            for cell in (c for c in explained if c.seed == (run.seeds or self.config.file.seeds)[0]):
                if not self.config.file.models[cell.model].use.startswith("task:"):
                    why = "it retrains a task's network; use a model 'task:...'"
                    self._skip(f"metric '{variant.label}' of model '{cell.model}'", why)
                    continue
                named = replace(cell, metric=variant.label, metric_entry=variant.label)
                self._put(replace(named, kind="retrain", seed=None, inputs=()))

    def _offer(self, run: RunEntry, data: str, variant: Variant) -> dict[str, list[Variant]]:
        offer = offered(self.config.variants, self.config.defaults, variant.entry, run)
        if self.facts[data].ndim != 4:  # rows and embeddings: one group per position
            offer["segmenter"] = [Variant("segmenters", OWN, "", None, variant.entry)]
        return offer

    def _segmented(self, model: str, data: str, segmenter: Variant | None, seed: int | None) -> tuple[str, ...]:
        if segmenter is None or segmenter.name == OWN or segmenter.default:
            return ()
        by_model = self.config.file.data[data].keep != "all"
        draws = is_stochastic(segmenter.component)
        cell = Cell(
            "segment",
            model if by_model else "",
            data,
            segmenter=segmenter.label,
            seed=seed if draws else None,
        )
        return (self._put(cell).name,)

    def _put(self, cell: Cell) -> Cell:
        if len(self.cells) >= LARGEST_PLAN and cell.name not in self.cells:
            raise ConfigError(
                f"run '{self.config.file.name}' has more than {LARGEST_PLAN} cells; make several run files of it, or "
                "say under runs: what goes with what"
            )
        return self.cells.setdefault(cell.name, cell)

    def _skip(self, what: str, why: str) -> None:
        self.skipped[Skipped(what, why)] = None


def is_stochastic(segmenter: Component | None) -> bool:
    """Whether a segmentation depends on the seed."""
    return bool(getattr(segmenter, "stochastic", True))


def _told(given: With) -> str:
    return ", ".join(f"{pin} '{label}'" for pin, label in given.labels().items() if label)


def _labelled(label: str, extra: Mapping[str, str]) -> str:
    """`del[steps=2]` and `{baseline: blur}` -> `del[steps=2,baseline=blur]`."""
    if not any(extra.values()):
        return label
    inside = ",".join(f"{key}={value}" for key, value in extra.items() if value)
    return f"{label[:-1]},{inside}]" if label.endswith("]") else f"{label}[{inside}]"
