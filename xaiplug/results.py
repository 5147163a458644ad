"""What a run left behind, for notebooks and scripts: values, means with intervals, explanations, Markdown.

For a run of `xaiplug run`, by the names of its run file:

    results = Results("runs/decoy")
    results.mean("ig", "relevance-mass")                # an Estimate; f"{_:.2f}" is '0.68 [0.67, 0.69]'
    results.difference("ig2", "ig", "relevance-mass")   # paired by sample
    results.per_sample("relevance-mass")                # a DataFrame: a row a sample, a column a method
    for one in results.explanations(): one.explainer, one.explanation.attribution
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import astuple, dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from xaiplug.data.brief import brief, tally
from xaiplug.data.explanation import Explanation
from xaiplug.data.samples import Samples
from xaiplug.data.study import METHOD, Method
from xaiplug.errors import ConfigError, StoreError, did_you_mean, listing
from xaiplug.model.adapter import Model
from xaiplug.run.cell import EXPLANATION
from xaiplug.run.cells import KEYS, Cell
from xaiplug.run.collect import finished, results, timings
from xaiplug.run.planfile import RUN, open_workspace, read_plan
from xaiplug.run.store import Store
from xaiplug.run.study import study_of
from xaiplug.run.workspace import Workspace
from xaiplug.view.leaderboard import short_names
from xaiplug.view.numbers import number
from xaiplug.view.paired import Difference, paired
from xaiplug.view.plots import plot_curves


@dataclass(frozen=True)
class Estimate(Difference):
    """A mean over samples, or the mean of paired differences, with its 95 % bootstrap interval.

    Attributes:
        mean, low, high: in the unit of the values; NaN where nothing is defined, low and high below two samples.
        count: samples with a value.
        certain: whether the interval leaves 0 out.
    """

    @classmethod
    def of(cls, values: Sequence[float], minus: Sequence[float] | None = None) -> Estimate:
        """From one value a sample (S,), less those of `minus` (S,) for the same samples in the same order.

        Undefined values (NaN) are left out, of a difference with their partner. 2,000 resamples of the samples, drawn
        from a generator of our own: the same numbers every time.

        >>> found = Estimate.of([1.0, 2.0, 3.0], minus=[0.5, 2.5, 2.5])
        >>> f"{found:+.2f}", found.count, found.certain
        ('+0.17 [-0.50, +0.50]', 3, False)
        """
        first = np.asarray(values, dtype=np.float64)
        return cls(*astuple(paired(first, np.zeros_like(first) if minus is None else np.asarray(minus))))

    def __format__(self, spec: str) -> str:
        """Mean and interval, each by `spec`: '0.68 [0.67, 0.69]'."""
        return self._written(lambda value: format(value, spec))

    def text(self, decimals: int = 3) -> str:
        """The same as the report writes numbers: a real minus sign, no minus zero, a dash for NaN."""
        return self._written(lambda value: number(round(value, decimals), decimals))

    def _written(self, write: Callable[[float], str]) -> str:
        return f"{write(self.mean)} [{write(self.low)}, {write(self.high)}]"


@dataclass(frozen=True, eq=False)
class Explained:
    """Some samples of a run, explained: by their names in the run file ("" for none), what was explained and how.

    `ids` are those of the B samples of `explanation`, in its order.
    """

    model: str
    data: str
    explainer: str
    segmenter: str
    baseline: str
    references: str
    imputer: str
    seed: int
    ids: tuple[str, ...]
    explanation: Explanation


class Results:
    """A run's folder: the finished cells of its plan. A run that is not over shows what it has.

    Raises:
        StoreError: nothing was run there.
    """

    def __init__(self, folder: str | Path) -> None:
        self.folder = Path(folder)
        read_plan(self.folder)

    def __repr__(self) -> str:
        return brief("Results", str(self.folder), tally(len(read_plan(self.folder)), "planned cell"))

    @cached_property
    def values(self) -> pd.DataFrame:
        """One row a value: model, data, explainer, segmenter, baseline, references, imputer, metric, seed, sample, id,
        value, better ("higher", "lower" or ""), unit, and `method`, the leaderboard's name of an explainer with what it
        was run with. A value of the whole study has the sample -1.
        """
        frame = results(Store(self.folder))
        methods = list(frame[list(METHOD)].itertuples(index=False, name=None))
        names = {method: str(Method.of(method)) for method in set(methods)}
        return frame.assign(method=[names[method] for method in methods])

    @cached_property
    def costs(self) -> pd.DataFrame:
        """One row a cell of explanations: names as in `values`, seed, the number of its samples, and what all of these
        took: forwards, backwards, seconds, peak_bytes.
        """
        return timings(Store(self.folder))

    def per_sample(self, metric: str, by: str | Sequence[str] = "method", **where: str) -> pd.DataFrame:
        """`per_sample` of one metric's values, of those alone whose columns say what `where` says (model="cnn").

        Raises:
            ConfigError: there are none.
        """
        rows = self.values
        for column, wanted in {"metric": metric, **where}.items():
            known = rows[column].unique()
            rows = rows[rows[column] == wanted]
            if rows.empty:
                raise ConfigError(f"no results of {column} {wanted!r}{did_you_mean(wanted, known)}")
        return per_sample(rows, by)

    def mean(self, method: str, metric: str, **where: str) -> Estimate:
        """Mean of a method over samples. A method is an explainer, or, where that was run in several ways, the whole
        text in `values`: "moxi (segmenter grid, baseline black)".

        Raises:
            ConfigError: no such metric or method.
        """
        return Estimate.of(_column(self.per_sample(metric, **where), method))

    def difference(self, first: str, second: str, metric: str, **where: str) -> Estimate:
        """Mean of `first - second` over samples, both methods as in `mean`.

        Raises:
            ConfigError: no such metric or method.
        """
        table = self.per_sample(metric, **where)
        return Estimate.of(_column(table, first), minus=_column(table, second))

    def explanations(self) -> Iterator[Explained]:
        """Everything that was explained, read from disk one by one."""
        store = Store(self.folder)
        for entry, stored in finished(store, ("explain",), EXPLANATION):
            explanation = Explanation.load(store.cell(entry["id"]) / EXPLANATION)
            names = {name: entry[name] for name in (*KEYS, "seed")}
            yield Explained(**names, ids=tuple(stored["ids"]), explanation=explanation)

    def samples(self, explained: Explained) -> Samples:
        """The B samples that were explained. Loads the data, and the model where that chose among them.

        Raises:
            DataError: the data cannot be loaded.
            StoreError: it holds other samples now.
        """
        samples = self._workspace.selected(Cell("explain", explained.model, explained.data)).samples
        if tuple(samples.ids) != explained.ids:
            raise StoreError(f"data '{explained.data}' has other samples now; run {self.folder / RUN} again")
        return samples

    def model(self, name: str) -> Model:
        """A model of the run file.

        Raises:
            XaiplugError: it cannot be loaded.
        """
        return self._workspace.model(name)

    def plot(self, metric: str) -> Figure:
        """The curves of a metric: the mean of each method with its 95 % band."""
        return plot_curves(curve for curve in study_of(self.folder).curves if curve.metric == metric)

    @cached_property
    def _workspace(self) -> Workspace:
        return open_workspace(self.folder)


def per_sample(values: pd.DataFrame, by: str | Sequence[str] = "method") -> pd.DataFrame:
    """Values of one metric (rows of `Results.values`) as a table: a row a sample, a column a method.

    An entry is the mean over seeds and models; NaN where undefined. The index is (data, sample, id). A value of the
    whole study (sample -1) has no sample: models stand in, and `id` is the model's name.

    Args:
        by: the column, or columns, that tell the table's columns apart; none of the index.
    """
    index, names = ["data", "sample", "id"], [by] if isinstance(by, str) else list(by)
    rows = values.assign(
        id=values["id"].where(values["sample"] >= 0, values["model"]),
        value=values["value"].replace([np.inf, -np.inf], np.nan),
    )
    table = rows.groupby([*index, *names])["value"].mean().unstack(names)
    return table.reindex(index=_unique(rows, index), columns=_unique(rows, names))


def markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table.

    >>> print(markdown(["", "mass"], [["ig", "0.68"]]))
    | | mass |
    |---|---|
    | ig | 0.68 |
    """
    lines = [" | ".join(cells) for cells in (heads, *rows)]
    return "\n".join([f"| {lines[0].lstrip()} |", f"|{'---|' * len(heads)}", *(f"| {line} |" for line in lines[1:])])


def _unique(rows: pd.DataFrame, names: list[str]) -> pd.Index[Any]:
    """In the order of the rows."""
    found = pd.MultiIndex.from_frame(rows[names].drop_duplicates())
    return found if len(names) > 1 else found.get_level_values(0)


def _column(table: pd.DataFrame, method: str) -> Any:
    full = {short: name for name, short in short_names(list(map(str, table))).items()}
    name = full.get(method, method)
    if name not in table:
        raise ConfigError(f"no results of {method!r}; there are {listing(full)}")
    return table[name]
