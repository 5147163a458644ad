"""A run of `truths.yaml` as Markdown: a table a statement, methods by truths, the mean over samples.

    python table.py RUN_FOLDER

Empty where the truth does not say it; "-" where the metric is undefined for the method (it finds no sets).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from xaiplug.results import Results, markdown


def rows(values: pd.DataFrame) -> Iterator[list[str]]:
    """The name of a method and its mean in each truth, in the order of the run file."""
    for method, own in values.groupby("explainer", sort=False):
        means = [own[own["model"] == truth]["value"].mean() for truth in values["model"].unique()]
        yield [str(method), *("-" if pd.isna(mean) else f"{mean:.2f}" for mean in means)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    results = Results(parser.parse_args().folder).values
    for metric, values in results.groupby("metric", sort=False):
        print(f"**{metric}**\n")
        print(markdown([str(metric), *values["model"].unique()], rows(values)))
        print()


if __name__ == "__main__":
    main()
