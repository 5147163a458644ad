"""`hsets` on DecoyMNIST with its parameters chosen on other images: the Markdown table of a run of decoy.yaml.

    python plugins/hsets/experiments/decoy_table.py runs/hsets-decoy [--source digits|mnist]

Only images that the network gets right because of the patch: right with the patch in its place, wrong with the patch
moved to another class's place (split `test-randomised`). The first half of them, in the order of the data, chooses the
settings of `hsets` with the highest mean relevance mass; the second half is what the table is about. Intervals are
paired 95 % bootstrap intervals over images (2,000 resamples).
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import xaiplug
from xaiplug.run.collect import results as results_of
from xaiplug.run.store import Store
from xaiplug.view.bootstrap import intervals
from xaiplug.view.leaderboard import METHOD, Method, tidy
from xaiplug.view.paired import paired

METRICS = ("relevance-mass", "relevance-rank", "pointing-game", "gini")


def because_of_the_patch(source: str) -> list[str]:
    """Ids of the test images that are right with the patch in its place and wrong with it in another's."""
    model = xaiplug.load_model("task:decoy-mnist", source=source)
    placed = xaiplug.load_data("task:decoy-mnist", split="test", source=source)
    moved = xaiplug.load_data("task:decoy-mnist", split="test-randomised", source=source)
    with torch.no_grad(), model.frozen():
        right, right_moved = (
            torch.cat([model(part) for part in one.inputs.split(256)]).argmax(1) == one.labels
            for one in (placed, moved)
        )
    return [one for one, chosen in zip(placed.ids, (right & ~right_moved).tolist(), strict=True) if chosen]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("run", type=Path)
    parser.add_argument("--source", choices=["digits", "mnist"], default="digits")
    options = parser.parse_args()
    results = results_of(Store(options.run))
    used = [one for one in because_of_the_patch(options.source) if one in set(results["id"])]
    named = tidy(results)
    named["method"] = [str(Method.of(row)) for row in named[list(METHOD)].itertuples(index=False, name=None)]
    values = {
        metric: part.pivot_table(index="id", columns="method", values="value", dropna=False).loc[used]
        for metric, part in named.groupby("metric")
    }
    first, second = slice(0, len(used) // 2), slice(len(used) // 2, None)
    mass = values[METRICS[0]]
    grid = [name for name in map(str, mass) if name.startswith("hsets[")]
    tuned = mass[grid].iloc[first].mean().idxmax()
    print(
        f"{len(used)} images right because of the patch, {len(used) // 2} of them chose {tuned}, with a mass of",
        end=" ",
    )
    print(f"{mass[tuned].iloc[first].mean():.3f} there")
    print(f"\n| method | {' | '.join(METRICS)} | chosen hsets, more mass by |\n|---|{'---|' * (len(METRICS) + 1)}")
    shown = [tuned, *(name for name in map(str, mass) if name not in grid)]
    for name in sorted(shown, key=lambda name: -mass[name].iloc[second].mean()):
        cells = []
        for metric in METRICS:
            column = values[metric][name].iloc[second].to_numpy()
            low, high = intervals(column[:, None])
            cells.append(f"{np.nanmean(column):.3f} [{low[0]:.3f}, {high[0]:.3f}]")
        gain = paired(mass[tuned].iloc[second].to_numpy(), mass[name].iloc[second].to_numpy())
        ours = "" if name == tuned else f"{gain.mean:+.3f} [{gain.low:+.3f}, {gain.high:+.3f}]"
        print(f"| {name} | {' | '.join(cells)} | {ours} |")
    print("\nmass of all settings of hsets on the images reported:")
    for name in grid:
        print(f"- {name}: {mass[name].iloc[second].mean():.3f}")


if __name__ == "__main__":
    main()
