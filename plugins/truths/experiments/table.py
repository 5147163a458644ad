"""A run of `truths.yaml` as Markdown: a table a statement, methods by truths, the mean over samples.

    python table.py RUN_FOLDER

A truth that does not say it has no column, a method for which it is never defined (it finds no sets) no row; "-" is
undefined there (a map of zeros has no shares).
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pandas as pd

from xaiplug.results import Results, markdown


def rows(values: pd.DataFrame) -> Iterator[list[str]]:
    """The name of a method and its mean in each truth."""
    for method, own in values.groupby("explainer", sort=False):
        if own["value"].isna().all():
            continue
        means = [own[own["model"] == truth]["value"].mean() for truth in values["model"].unique()]
        yield [str(method), *("-" if pd.isna(mean) else f"{mean:.2f}" for mean in means)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    results = Results(parser.parse_args().folder).values
    for metric in ("where", "sign", "share", "order", "interaction"):
        values = results[results["metric"] == metric]
        print(f"**{metric}**\n")
        print(markdown([metric, *values["model"].unique()], rows(values)))
        print()


if __name__ == "__main__":
    main()
