"""Several methods on the same samples, in one call: a table with intervals, a figure, a report."""

from __future__ import annotations

import base64
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import pandas as pd
import torch
from markupsafe import Markup
from matplotlib.figure import Figure
from torch import Tensor, nn

from xaiplug.api import explain, score
from xaiplug.calling.asking import fitting
from xaiplug.calling.given import Given
from xaiplug.data.brief import brief, tally
from xaiplug.data.exact import Exact
from xaiplug.data.explanation import Explanation
from xaiplug.data.result import MetricResult
from xaiplug.data.study import RESULTS_COLUMNS, SETTINGS, TIMINGS_COLUMNS, Curve, Panel, Study
from xaiplug.errors import ComponentError, XaiplugError, listing
from xaiplug.kinds import Component
from xaiplug.model.adapter import Model
from xaiplug.model.asked import Asked, sharing
from xaiplug.model.query import MaxBatch
from xaiplug.registry import resolve
from xaiplug.view.leaderboard import leaderboard
from xaiplug.view.numbers import number, places
from xaiplug.view.plots import Drawing, plot_curves, plot_methods
from xaiplug.view.sheet import FeatureNames, Kind

_DATA = "inputs"
Named = Mapping[str, Any] | Sequence[Any]


class Comparison:
    """What `compare` found.

    Attributes:
        explanations: title -> explanation.
        scores: metric -> title -> result.
        study: all of it as the report takes it; `study.results` has a row a value.
        failures: one dict a method or a score that failed: `explainer`, `metric` ("" of a method), `error`.
    """

    def __init__(
        self, explanations: dict[str, Explanation], scores: dict[str, dict[str, MetricResult]], study: Study
    ) -> None:
        self.explanations, self.scores, self.study = explanations, scores, study
        self.failures = study.failures

    def __repr__(self) -> str:
        methods, metrics = tally(len(self.explanations), "method"), tally(len(self.scores), "metric")
        samples = tally(len(next(iter(self.explanations.values()), ())), "sample")
        return brief("Comparison", methods, metrics, samples, f"{len(self.failures)} failed" if self.failures else "")

    def table(self) -> pd.DataFrame:
        """A row a method, a column a metric: mean and 95 % bootstrap interval over samples.

        "*" marks the best where something is told apart from it, "~" what is not told apart from the best by the paired
        interval of the difference.
        """
        columns: dict[str, dict[str, str]] = {}
        for board in leaderboard(self.study):
            decimals = places(value for row in board.rows for value in (row.mean, row.low, row.high))
            arrow = {"higher": " ↑", "lower": " ↓"}.get(board.better, "")
            column = columns.setdefault(board.metric + arrow, {})
            for row in board.rows:
                mean, low, high = (number(value, decimals) for value in (row.mean, row.low, row.high))
                mark = " *" if row.best else " ~" if row.tied else ""
                column[row.method.explainer] = f"{mean} [{low}, {high}]{mark}"
        return pd.DataFrame(columns, index=list(self.explanations)).fillna("–")

    def plot(
        self,
        kind: Kind | None = None,
        *,
        scale: Literal["own", "shared"] = "own",
        samples: int = 4,
        feature_names: FeatureNames | None = None,
    ) -> Figure:
        """The methods side by side, a row a sample: `xaiplug.view.plots.plot_methods`."""
        relevant = self.study.gallery[0].relevant if self.study.gallery else None
        return plot_methods(
            self.explanations, kind=kind, scale=scale, samples=samples, relevant=relevant, feature_names=feature_names
        )

    def curves(self) -> Figure:
        """A chart per metric that has a curve: each method's mean and 95 % bootstrap band."""
        return plot_curves(self.study.curves)

    def report(self, path: str | Path) -> Path:
        """Write all of it as one HTML page; returns its path."""
        from xaiplug.view.report import write_report

        return write_report(self.study, Path(path))

    def _repr_html_(self) -> str:
        table = Markup(self.table().to_html(border=0)) if self.scores else Markup("")
        failed = Markup("").join(
            Markup("<p>failed: {} {}: {}</p>").format(one["explainer"], one["metric"], one["error"])
            for one in self.failures
        )
        figure = self.plot(samples=3)
        assert isinstance(figure, Drawing)
        picture = Markup('<img alt="explanations side by side" src="data:image/png;base64,{}">').format(
            base64.b64encode(figure._repr_png_()).decode()
        )
        return str(Markup("<div>{}{}{}</div>").format(table, failed, picture))


def compare(
    model: Model | nn.Module,
    inputs: Tensor,
    explainers: Named,
    metrics: Named = (),
    *,
    target: Any = None,
    labels: Tensor | None = None,
    relevant: Tensor | None = None,
    exact: Exact | None = None,
    segmenter: Any = None,
    baseline: Any = None,
    references: Any = None,
    imputer: Any = None,
    pool: Any = None,
    forward_args: Mapping[str, Tensor] | None = None,
    seed: int = 0,
    max_batch: MaxBatch = "auto",
    progress: bool = True,
) -> Comparison:
    """Explain the same samples by several methods, and measure them all alike.

    Args:
        model, inputs, target, pool, forward_args, seed, max_batch, progress: as of `xaiplug.explain`.
            Every method explains the same classes.
        explainers, metrics: names, `(name, params)` or instances; or title -> one of these.
        labels, relevant, exact: as of `xaiplug.score`.
        segmenter, baseline, references, imputer: as of `xaiplug.explain`, for every method and metric that uses them.

    Returns:
        A comparison: `table()`, `plot()`, `curves()`, `report(path)`. A method or a metric that fails is named in a
        warning and in `failures`; the others go on.

    Raises:
        RegistryError, ComponentError: as `xaiplug.explain`, before anything is computed; or two have one title, or
        something is given that nothing uses. Whatever every method raises.
    """
    adapted = Model.of(model)
    given = Given(segmenter, baseline, references, imputer, pool, relevant, labels, exact)
    methods, measures = _titled("explainer", explainers), _titled("metric", metrics)
    _refuse_unused(given, [*methods.values(), *measures.values()])
    asked: dict[str, Any] = {"seed": seed, "max_batch": max_batch, "forward_args": forward_args}
    explanations: dict[str, Explanation] = {}
    failures: list[dict[str, Any]] = []
    last: XaiplugError | None = None
    for title, method in methods.items():
        fit = fitting(method, given)
        try:
            explanations[title] = explain(
                adapted,
                inputs,
                method,
                target=target,
                segmenter=fit.segmenter,
                baseline=fit.baseline,
                references=fit.references,
                imputer=fit.imputer,
                pool=pool,
                progress=progress,
                **asked,
            )
        except XaiplugError as error:
            last = error
            failures.append(_failure(title, "", error))
        else:
            target = explanations[title].target.index if target is None else target  # type: ignore[union-attr]
    if last is not None and not explanations:
        raise last
    scores: dict[str, dict[str, MetricResult]] = {title: {} for title in measures}
    with sharing(Asked()):
        for name, metric in measures.items():
            fit = fitting(metric, given)
            for title, explanation in explanations.items():
                try:
                    scores[name][title] = score(
                        adapted,
                        inputs,
                        explanation,
                        metric,
                        relevant=relevant,
                        exact=exact,
                        labels=labels,
                        segmenter=fit.segmenter,
                        baseline=fit.baseline,
                        imputer=fit.imputer,
                        pool=pool,
                        **asked,
                    )
                except XaiplugError as error:
                    failures.append(_failure(title, name, error))
    for failure in failures:
        what = " on ".join(part for part in (failure["explainer"], failure["metric"]) if part)
        warnings.warn(f"{what} failed: {failure['error']}", stacklevel=2)
    gallery = _gallery(adapted, inputs, explanations, given) if forward_args is None else []
    study = _study(adapted, inputs, explanations, scores, seed, gallery, failures)
    return Comparison(explanations, scores, study)


def _titled(kind: str, given: Named) -> dict[str, Component]:
    if isinstance(given, str):
        raise ComponentError(f"give a list of {kind}s, such as ['{given}']")
    if isinstance(given, Mapping):
        return {title: resolve(kind, value) for title, value in given.items()}
    made = [resolve(kind, value) for value in given]
    names = [one.called for one in made]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise ComponentError(
            f"{listing(twice)}: more than one {kind} of that name; give titles, as in "
            f'{{"first": ("{twice[0]}", {{...}}), "second": ...}}'
        )
    return dict(zip(names, made, strict=True))


def _refuse_unused(given: Given, components: Sequence[Component]) -> None:
    for name in SETTINGS:
        if getattr(given, name) is not None and all(getattr(fitting(one, given), name) is None for one in components):
            raise ComponentError(f"'{name}' is given, and nothing of {listing([c.called for c in components])} uses it")


def _failure(explainer: str, metric: str, error: XaiplugError) -> dict[str, Any]:
    return {"explainer": explainer, "metric": metric, "error": str(error)}


def _study(
    model: Model,
    inputs: Tensor,
    explanations: dict[str, Explanation],
    scores: dict[str, dict[str, MetricResult]],
    seed: int,
    gallery: list[Panel],
    failures: list[dict[str, Any]],
) -> Study:
    named = {"model": model.name, "data": _DATA, **dict.fromkeys(SETTINGS, "")}
    rows, curves, spent = [], [], []
    for metric, results in scores.items():
        for title, found in results.items():
            several = len(found.values) == len(inputs) and found.values.numel() > 1
            spent.append({**found.meta, **named, "explainer": title, "metric": metric, "seed": seed})
            told = {"metric": metric, "seed": seed, "better": found.better or "", "unit": found.unit}
            for place, value in enumerate(found.values.tolist()):
                sample = place if several or len(inputs) == 1 else -1
                rows.append({**named, **told, "explainer": title, "sample": sample, "id": str(sample), "value": value})
            if found.curve is not None and found.steps is not None:
                curves.append(
                    Curve(
                        model.name, _DATA, title, metric, seed, found.steps.detach().cpu(), found.curve.detach().cpu()
                    )
                )
    costs = [{**one.meta, **named, "explainer": title, "seed": seed} for title, one in explanations.items()]
    return Study(
        name=f"{model.name}: {', '.join(explanations)}",
        config="",
        results=pd.DataFrame(rows, columns=list(RESULTS_COLUMNS)),
        timings=pd.DataFrame(costs, columns=list(TIMINGS_COLUMNS)),
        curves=curves,
        gallery=gallery,
        failures=failures,
        scorings=pd.DataFrame(spent, columns=[*TIMINGS_COLUMNS, "metric"]),
    )


def _gallery(model: Model, inputs: Tensor, explanations: dict[str, Explanation], given: Given) -> list[Panel]:
    if inputs.ndim != 4:
        return []
    with torch.no_grad(), model.frozen():
        predicted = model(inputs.detach().to(model.device)).argmax(1).cpu()
    unknown = torch.full((len(inputs),), -1)
    labels = unknown if given.labels is None or given.labels.ndim != 1 else given.labels.cpu()
    relevant = None if given.relevant is None else given.relevant.cpu()
    shown = {title: one.to("cpu") for title, one in explanations.items()}
    ids = tuple(map(str, range(len(inputs))))
    pictures = inputs.detach().cpu()
    return [Panel(model.name, _DATA, pictures, relevant, labels, predicted, model.class_names, ids, shown)]
