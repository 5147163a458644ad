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

import torch

import xaiplug
from xaiplug.results import Estimate, Results, markdown

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
    results = Results(options.run)
    values = {metric: results.per_sample(metric).droplevel(["data", "sample"]) for metric in METRICS}
    mass = values[METRICS[0]]
    used = [one for one in because_of_the_patch(options.source) if one in mass.index]
    first, second = used[: len(used) // 2], used[len(used) // 2 :]
    grid = [name for name in mass if name.startswith("hsets[")]
    tuned = mass.loc[first, grid].mean().idxmax()
    print(f"{len(used)} images right because of the patch, {len(first)} of them chose {tuned}, with a mass of", end=" ")
    print(f"{mass.loc[first, tuned].mean():.3f} there\n")
    rows, reported = [], mass.loc[second]
    shown = [tuned, *(name for name in mass if name not in grid)]
    for name in sorted(shown, key=lambda name: -reported[name].mean()):
        means = (f"{Estimate.of(values[metric].loc[second, name]):.3f}" for metric in METRICS)
        gain = f"{Estimate.of(reported[tuned], minus=reported[name]):+.3f}"
        rows.append([name, *means, "" if name == tuned else gain])
    print(markdown(["method", *METRICS, "chosen hsets, more mass by"], rows))
    print("\nmass of all settings of hsets on the images reported:")
    for name in grid:
        print(f"- {name}: {reported[name].mean():.3f}")


if __name__ == "__main__":
    main()
