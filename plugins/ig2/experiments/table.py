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

import numpy as np
import pandas as pd

from xaiplug.view.bootstrap import Floats
from xaiplug.view.leaderboard import METHOD, Method, boards_of, per_sample
from xaiplug.view.numbers import number
from xaiplug.view.paired import paired


def columns(results: pd.DataFrame) -> dict[str, dict[str, Floats]]:
    """Metric -> method -> values (S,), the same samples in the same order."""
    whole = results["sample"] < 0
    pooled = results.assign(model="", id=results["id"].where(~whole, results["model"]))
    found: dict[str, dict[str, Floats]] = {}
    for (_, _, metric), part in boards_of(pooled):
        methods, values = per_sample(part)
        found[metric] = dict(zip(_names(methods), values.T, strict=True))
    return found


def _names(methods: list[Method]) -> list[str]:
    alone = [method.explainer for method in methods]
    return [method.explainer if alone.count(method.explainer) == 1 else _full(method) for method in methods]


def _full(method: Method) -> str:
    return ", ".join([method.explainer, *(value for kind, value in method.settings if kind != "imputer")])


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
    arrows = {"higher": " ↑", "lower": " ↓"}
    heads = [metric + arrows.get(better[metric], "") for metric in shown]
    lines = [f"| | {' | '.join(heads)} |", "|---" * (len(shown) + 1) + "|"]
    for name in methods:
        entries = [_entry(found[metric].get(name), found[metric][against], name == against) for metric in shown]
        lines.append(f"| {name} | {' | '.join(entries)} |")
    return "\n".join(lines)


def _entry(values: Floats | None, other: Floats, same: bool) -> str:
    if values is None or not np.isfinite(values).any():
        return "–"
    mean = _decimals(float(np.nanmean(values)))
    if same:
        return mean
    difference = paired(values, other)
    text = f"{_decimals(difference.mean)} [{_decimals(difference.low)}, {_decimals(difference.high)}]"
    return f"{mean}; {f'**{text}**' if difference.certain else text}"


def _decimals(value: float) -> str:
    return number(round(value, 3), 3)


def cost(results: pd.DataFrame, timings: pd.DataFrame, against: str) -> str:
    """Seconds a sample, also as a multiple of those of the method AGAINST; forwards; vector-Jacobian products."""
    samples = results[results["sample"] >= 0].drop_duplicates([*METHOD, "model", "data", "seed", "id"])
    sums = timings.groupby(list(METHOD), sort=False)[["seconds", "forwards", "backwards"]].sum()
    each = sums.div(samples.groupby(list(METHOD)).size(), axis=0)
    each.index = _names([Method.of(key) for key in each.index])
    if against not in each.index:
        raise SystemExit(f"no method '{against}'; methods: {'; '.join(each.index)}")
    lines = [f"| | seconds | times `{against}` | forwards | backwards |", "|---" * 5 + "|"]
    for row in each.sort_values("seconds").itertuples():
        times = row.seconds / each.loc[against, "seconds"]
        lines.append(f"| {row.Index} | {row.seconds:.3g} | {times:.3g} | {row.forwards:.4g} | {row.backwards:.4g} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("against")
    parser.add_argument("metrics", nargs="*")
    parser.add_argument("--cost", action="store_true", help="seconds, forwards and backwards instead")
    arguments = parser.parse_args()
    results, against = pd.read_parquet(arguments.folder / "results.parquet"), arguments.against
    if arguments.cost:
        print(cost(results, pd.read_parquet(arguments.folder / "timings.parquet"), against))
    else:
        print(table(results, against, arguments.metrics))


if __name__ == "__main__":
    main()
