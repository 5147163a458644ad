"""Markdown tables of a run of images.yaml: scores, paired differences to `hsets`, cost; a picture of the ROAD curves.

    python plugins/hsets/experiments/images_table.py runs/hsets-images [--curves road.png]

Intervals are 95 % bootstrap intervals over images (2,000 resamples); a difference is `hsets` minus the method, on the
same images.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from xaiplug import Explanation
from xaiplug.run.collect import results as results_of
from xaiplug.run.collect import timings as timings_of
from xaiplug.run.planfile import read_plan
from xaiplug.run.store import Store
from xaiplug.run.study import study_of
from xaiplug.view.bootstrap import column_means, intervals
from xaiplug.view.leaderboard import boards_of, per_sample
from xaiplug.view.paired import paired
from xaiplug.view.plots import plot_curves

METRICS = ("gini", "road-aopc", "road-accuracy", "faithfulness-correlation")


def hessian_rows(folder: Path) -> dict[str, float]:
    """Hessian rows per image, by explainer."""
    store, found = Store(folder), {}
    for cell, entry in read_plan(folder).items():
        path = store.cell(cell) / "explanation.safetensors"
        if entry["kind"] == "explain" and path.is_file():
            extras = Explanation.load(path).extras
            if "hessian_rows" in extras:
                found[entry["explainer"]] = float(extras["hessian_rows"].double().mean())
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--curves", type=Path)
    options = parser.parse_args()
    results = results_of(Store(options.run))
    means: dict[str, list[str]] = {}
    gains: dict[str, list[str]] = {}
    for metric in METRICS:
        for _, part in boards_of(results[results["metric"] == metric]):
            methods, values = per_sample(part)
            names = [method.explainer for method in methods]
            ours = values[:, names.index("hsets")]
            for name, mean, low, high in zip(names, column_means(values), *intervals(values), strict=True):
                means.setdefault(name, []).append(f"{mean:.3f} [{low:.3f}, {high:.3f}]")
                gain = paired(ours, values[:, names.index(name)])
                gains.setdefault(name, []).append(f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]")
    columns = f"| method | {' | '.join(METRICS)} |\n|---|{'---|' * len(METRICS)}"
    print(f"{results['id'].nunique()} images\n\n{columns}")
    print("\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in means.items()))
    print(f"\nhsets minus the method\n\n{columns}")
    print("\n".join(f"| {name} | {' | '.join(cells)} |" for name, cells in gains.items() if name != "hsets"))
    timings, rows = timings_of(Store(options.run)), hessian_rows(options.run)
    spent = timings.groupby("explainer")[["forwards", "backwards", "seconds", "samples"]].sum()
    print("\nan image\n\n| method | forwards | backwards | Hessian rows | seconds |\n|---|---|---|---|---|")
    for explainer, cost in spent.div(spent["samples"], axis=0).sort_values("seconds").iterrows():
        count = f"{rows[str(explainer)]:.1f}" if explainer in rows else ""
        print(f"| {explainer} | {cost['forwards']:.1f} | {cost['backwards']:.1f} | {count} | {cost['seconds']:.2f} |")
    if options.curves is not None:
        curves = [curve for curve in study_of(options.run).curves if curve.metric == "road-aopc"]
        figure = plot_curves(curves)
        figure.set_size_inches(8.5, 3.4)
        figure.axes[0].set(xlabel="share of pixels removed", ylabel="probability of the class")
        figure.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8)
        figure.savefig(options.curves, dpi=90)


if __name__ == "__main__":
    main()
