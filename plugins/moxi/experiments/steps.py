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
from xaiplug.results import Results, markdown

METRICS = ("first-correct", "first-wrong")
HEADS = ("explainer", "metric", "median", "mean", "sd", "below .04 n", "never", "forwards a sample", "samples")


def stops(values: pd.DataFrame, made: dict[str, Explanation]) -> Iterator[list[str]]:
    n = max((int(one.groups.counts.max()) for one in made.values() if one.groups is not None), default=0)
    for (metric, explainer), part in values[values["metric"].isin(METRICS)].groupby(["metric", "explainer"]):
        steps, explanation = part["value"], made[explainer]
        spread = [f"{steps.median():g}", f"{steps.mean():.2f}", f"{steps.std():.2f}"]
        shares = [f"{(steps < 0.04 * n).mean():.2f}", f"{(steps > n).mean():.2f}"]
        forwards = explanation.meta["forwards"] / len(explanation)
        yield [explainer, metric, *spread, *shares, f"{forwards:g}", str(len(steps))]


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
    results = Results(parser.parse_args().folder)
    made = {one.explainer: one.explanation for one in results.explanations()}
    print(markdown(HEADS, stops(results.values, made)))
    for line in phases(made):
        print(line)


if __name__ == "__main__":
    main()
