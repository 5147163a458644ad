"""Stop steps of a run as Markdown: their distribution (Tab. 1), and the two phases of a class that is not predicted.

    python steps.py RUN_FOLDER

Per explainer, seed 0: median, mean and standard deviation of `first-correct` and `first-wrong`, the share of the
samples below .04 n, forwards a sample. Of class-discriminative explanations: how often the class came to lead, and how
many groups went before and after.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from xaiplug import Explanation
from xaiplug.run.cell import EXPLANATION
from xaiplug.run.collect import finished, results
from xaiplug.run.store import Store

METRICS = ("first-correct", "first-wrong")


def explanations(store: Store) -> dict[str, Explanation]:
    """By explainer."""
    found = finished(store, ("explain",))
    return {entry["explainer"]: Explanation.load(store.cell(entry["id"]) / EXPLANATION) for entry, _ in found}


def stops(store: Store, made: dict[str, Explanation]) -> Iterator[str]:
    frame = results(store)
    n = max((int(one.groups.counts.max()) for one in made.values() if one.groups is not None), default=0)
    yield "| explainer | metric | median | mean | sd | below .04 n | never | forwards a sample | samples |"
    yield "|---|---|---|---|---|---|---|---|---|"
    for (metric, explainer), part in frame[frame["metric"].isin(METRICS)].groupby(["metric", "explainer"]):
        values = part["value"]
        forwards = made[str(explainer)].meta["forwards"] / len(made[str(explainer)])
        yield (
            f"| {explainer} | {metric} | {values.median():g} | {values.mean():.2f} | {values.std():.2f} "
            f"| {(values < 0.04 * n).mean():.2f} | {(values > n).mean():.2f} | {forwards:g} | {len(values)} |"
        )


def phases(made: dict[str, Explanation]) -> Iterator[str]:
    for explainer, explanation in made.items():
        if "phase" not in explanation.extras:
            continue
        phase = explanation.extras["phase"]
        leads = (phase == 1).any(1)
        before, after = (pd.Series((phase[leads] == which).sum(1).tolist()) for which in (0, 1))
        yield (
            f"{explainer}: the class came to lead in {int(leads.sum())} of {len(phase)} samples, after a median of "
            f"{before.median():g} groups (sd {before.std():.1f}), and no longer after {after.median():g} more "
            f"(sd {after.std():.1f})"
        )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    store = Store(parser.parse_args().folder)
    made = explanations(store)
    for line in (*stops(store, made), *phases(made)):
        print(line)


if __name__ == "__main__":
    main()
