"""What the explainers of a run cost: gradients and forwards an image, and the time of X-groups over that of X.

    python cost.py RUN_FOLDER

Segmentation is not in it: it is made once an image and shared by methods, models and runs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import pandas as pd

from xaiplug.results import Results, markdown


def costs(timings: pd.DataFrame) -> pd.DataFrame:
    """Per image, by explainer: forwards, backwards, seconds; the mean over models, segmenters and seeds."""
    spent = timings[["forwards", "backwards", "seconds"]].div(timings["samples"], axis=0)
    return spent.groupby(timings["explainer"]).mean()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    found, rows = costs(Results(parser.parse_args().folder).costs), []
    for name, spent in found.iterrows():
        base = name.removesuffix("-groups")
        ratio = f"{spent['seconds'] / found.loc[base, 'seconds']:.2f}" if base != name and base in found.index else ""
        rows.append([name, f"{spent['forwards']:.1f}", f"{spent['backwards']:.1f}", f"{spent['seconds']:.4f}", ratio])
    print(markdown(["explainer", "forwards", "backwards", "seconds", "seconds / base"], rows))


if __name__ == "__main__":
    main()
