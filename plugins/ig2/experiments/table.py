"""A run as a table of the paper's form: a row a method, a column a metric, in Markdown.

    python table.py RUN_FOLDER AGAINST [METRIC ...]
    python table.py RUN_FOLDER AGAINST --cost

Every entry is the mean over samples (each first averaged over models and seeds), then the paired difference to the
method AGAINST with its 95 % bootstrap interval, bold where the interval leaves 0 out. A metric with one value for a
whole study (ROAR) takes models for samples. A method is an explainer, with what it was run with where that differs.
`--cost` (Table A.3): seconds, forwards and backwards a sample.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from xaiplug.results import Estimate, Results, markdown, per_sample

METHOD = ["explainer", "segmenter", "baseline", "references", "imputer"]
ARROWS = {"higher": " ↑", "lower": " ↓", "": ""}


def columns(results: pd.DataFrame) -> dict[str, dict[str, pd.Series]]:
    """Metric -> method -> values (S,), the same samples in the same order."""
    found = {}
    for metric, part in results.groupby("metric", sort=False):
        values = per_sample(part, METHOD)
        found[metric] = dict(zip(_names(values.columns), (column for _, column in values.items()), strict=True))
    return found


def _names(methods: pd.MultiIndex) -> list[str]:
    """The explainer, with what it was run with (but for the imputer, the last) where it has several."""
    explainers = [explainer for explainer, *_ in methods]
    return [one[0] if explainers.count(one[0]) == 1 else ", ".join(filter(None, one[:-1])) for one in methods]


def table(results: pd.DataFrame, against: str, metrics: list[str]) -> str:
    """The whole table.

    Raises:
        SystemExit: no such method or metric.
    """
    found = columns(results)
    shown = metrics or list(found)
    for metric in shown:
        if metric not in found or against not in found[metric]:
            methods = "; ".join(found.get(metric, {}))
            raise SystemExit(f"no {metric} of '{against}'; metrics: {', '.join(found)}; methods: {methods}")
    methods = dict.fromkeys(name for metric in shown for name in found[metric])
    better = results.groupby("metric")["better"].first()
    heads = [metric + ARROWS[better[metric]] for metric in shown]
    rows = [
        [name, *(_entry(found[metric].get(name), found[metric][against], name == against) for metric in shown)]
        for name in methods
    ]
    return markdown(["", *heads], rows)


def _entry(values: pd.Series | None, other: pd.Series, same: bool) -> str:
    if values is None or values.isna().all():
        return "–"
    mean = f"{values.mean():z.3f}".replace("-", "−")
    if same:
        return mean
    difference = Estimate.of(values, minus=other)
    return f"{mean}; {f'**{difference.text()}**' if difference.certain else difference.text()}"


def cost(results: pd.DataFrame, timings: pd.DataFrame, against: str) -> str:
    """Seconds a sample, also as a multiple of those of the method AGAINST; forwards; vector-Jacobian products."""
    samples = results[results["sample"] >= 0].drop_duplicates([*METHOD, "model", "data", "seed", "id"])
    sums = timings.groupby(METHOD, sort=False)[["seconds", "forwards", "backwards"]].sum()
    each = sums.div(samples.groupby(METHOD).size(), axis=0)
    each.index = _names(each.index)
    if against not in each.index:
        raise SystemExit(f"no method '{against}'; methods: {'; '.join(each.index)}")
    rows = []
    for row in each.sort_values("seconds").itertuples():
        times = row.seconds / each.loc[against, "seconds"]
        rows.append([row.Index, f"{row.seconds:.3g}", f"{times:.3g}", f"{row.forwards:.4g}", f"{row.backwards:.4g}"])
    return markdown(["", "seconds", f"times `{against}`", "forwards", "backwards"], rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("against")
    parser.add_argument("metrics", nargs="*")
    parser.add_argument("--cost", action="store_true", help="seconds, forwards and backwards instead")
    arguments = parser.parse_args()
    results, against = Results(arguments.folder), arguments.against
    if arguments.cost:
        print(cost(results.values, results.costs, against))
    else:
        print(table(results.values, against, arguments.metrics))


if __name__ == "__main__":
    main()
