"""Markdown tables of a run of images.yaml: scores, paired differences to `hsets`, cost; a picture of the ROAD curves.

    python plugins/hsets/experiments/images_table.py runs/hsets-images [--curves road.png]

Intervals are 95 % bootstrap intervals over images (2,000 resamples); a difference is `hsets` minus the method, on the
same images.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from xaiplug.results import Estimate, Results, markdown

METRICS = ("gini", "road-aopc", "road-accuracy", "faithfulness-correlation")


def hessian_rows(results: Results) -> dict[str, float]:
    """Hessian rows per image, by explainer."""
    counted = ((one.explainer, one.explanation.extras.get("hessian_rows")) for one in results.explanations())
    return {explainer: float(rows.double().mean()) for explainer, rows in counted if rows is not None}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--curves", type=Path)
    options = parser.parse_args()
    results = Results(options.run)
    means: dict[str, list[str]] = {}
    gains: dict[str, list[str]] = {}
    for metric in METRICS:
        values = results.per_sample(metric, by="explainer")
        for name in values:
            means.setdefault(name, [name]).append(f"{Estimate.of(values[name]):.3f}")
            gains.setdefault(name, [name]).append(f"{Estimate.of(values['hsets'], minus=values[name]):+.3f}")
    gains.pop("hsets")
    print(f"{results.values['id'].nunique()} images\n\n{markdown(['method', *METRICS], means.values())}")
    print(f"\nhsets minus the method\n\n{markdown(['method', *METRICS], gains.values())}")
    counts = hessian_rows(results)
    spent = results.costs.groupby("explainer")[["forwards", "backwards", "seconds", "samples"]].sum()
    rows = []
    for name, cost in spent.div(spent["samples"], axis=0).sort_values("seconds").iterrows():
        count = f"{counts[name]:.1f}" if name in counts else ""
        rows.append([name, f"{cost['forwards']:.1f}", f"{cost['backwards']:.1f}", count, f"{cost['seconds']:.2f}"])
    print(f"\nan image\n\n{markdown(['method', 'forwards', 'backwards', 'Hessian rows', 'seconds'], rows)}")
    if options.curves is not None:
        figure = results.plot("road-aopc")
        figure.set_size_inches(8.5, 3.4)
        figure.axes[0].set(xlabel="share of pixels removed", ylabel="probability of the class")
        figure.axes[0].legend(loc="upper left", bbox_to_anchor=(1, 1), frameon=False, fontsize=8)
        figure.savefig(options.curves, dpi=90)


if __name__ == "__main__":
    main()
