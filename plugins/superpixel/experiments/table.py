"""Pixel against grouped maps of a run: means, and paired differences with 95 % bootstrap intervals, as Markdown.

    python table.py RUN_FOLDER [--superpixel slic] [--rows methods | segmenters]

A method is an explainer X with an X-groups beside it in the run file. A difference is over the samples of both; one
whose interval holds 0 is marked. Metrics with one value a study have no interval.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from xaiplug.results import Estimate, Results

GROUPED, PIXEL = "-groups", "pixel"
ARROWS = {"higher": " ↑", "lower": " ↓", "": ""}


def maps_of(results: pd.DataFrame) -> dict[tuple[str, str, str], pd.Series]:
    """Values by (metric, method, segmenter), `pixel` for the plain map; each indexed by sample, the mean over seeds."""
    results = results.assign(
        method=results["explainer"].str.removesuffix(GROUPED),
        groups=results["segmenter"].where(results["explainer"].str.endswith(GROUPED), PIXEL),
        metric=results["metric"] + results["better"].map(ARROWS),
    )
    both = results.groupby("method")["groups"].transform("nunique") > 1
    keys = ["metric", "method", "groups"]
    return {key: part.groupby(["data", "id", "sample"])["value"].mean() for key, part in results[both].groupby(keys)}


def difference(one: pd.Series, two: pd.Series) -> str:
    """`+.102 [+.091, +.113]` of one - two."""
    values = pd.concat([one, two], axis=1)
    found = Estimate.of(values.iloc[:, 0], minus=values.iloc[:, 1])
    if found.count < 2:
        return f"{found.mean:+.3f}"
    return f"{found:+.3f}{'' if found.certain else ' holds 0'}"


def by_method(maps: dict[tuple[str, str, str], pd.Series], superpixel: str) -> Iterator[str]:
    """A table a metric: rows are methods, columns the groupings and what super-pixels gain over each."""
    for metric in dict.fromkeys(key[0] for key in maps):
        own = {key[1:]: values for key, values in maps.items() if key[0] == metric}
        others = sorted({groups for _, groups in own} - {superpixel, PIXEL})
        columns = [PIXEL, superpixel, *others]
        yield f"**{metric}**\n"
        yield row(["method", *columns, *(f"{superpixel} - {name}" for name in (PIXEL, *others)), "n"])
        yield row(["---"] * (2 * len(columns) + 1))
        for method in dict.fromkeys(key[0] for key in own):
            shown = [own[method, name] for name in columns]
            against = [difference(own[method, superpixel], own[method, name]) for name in (PIXEL, *others)]
            yield row([method, *(f"{values.mean():.3f}" for values in shown), *against, str(len(shown[0]))])
        yield ""


def by_segmenter(maps: dict[tuple[str, str, str], pd.Series], counts: dict[str, float]) -> Iterator[str]:
    """A table a method: rows are segmenters by the number of their groups, columns metrics and the gain on pixel."""
    for method in dict.fromkeys(key[1] for key in maps):
        own = {(key[0], key[2]): values for key, values in maps.items() if key[1] == method}
        metrics = list(dict.fromkeys(metric for metric, _ in own))
        yield f"**{method}**\n"
        yield row(["segmenter", "groups", *(text for metric in metrics for text in (metric, "minus pixel"))])
        yield row(["---"] * (2 + 2 * len(metrics)))
        for groups in sorted({groups for _, groups in own}, key=lambda name: -counts.get(name, np.inf)):
            cells = []
            for metric in metrics:
                values, pixel = own.get((metric, groups)), own.get((metric, PIXEL))
                cells.append("" if values is None else f"{values.mean():.3f}")
                known = values is not None and pixel is not None and groups != PIXEL
                cells.append(difference(values, pixel) if known else "")
            yield row([groups, f"{counts[groups]:.0f}" if groups in counts else "", *cells])
        yield ""


def group_counts(folder: Path) -> dict[str, float]:
    """Mean number of groups an image, by segmenter."""
    cells = [json.loads(path.read_text()) for path in folder.glob("cells/segment-*/cell.json")]
    return {cell["cell"]["segmenter"]: float(np.mean(cell["groups"])) for cell in cells}


def row(cells: list[str]) -> str:
    return "| " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--superpixel", default="slic")
    parser.add_argument("--rows", choices=("methods", "segmenters"), default="methods")
    options = parser.parse_args()
    maps, counts = maps_of(Results(options.folder).values), group_counts(options.folder)
    lines = by_method(maps, options.superpixel) if options.rows == "methods" else by_segmenter(maps, counts)
    print("\n".join([*lines, "groups an image: " + ", ".join(f"{name} {n:.0f}" for name, n in sorted(counts.items()))]))


if __name__ == "__main__":
    main()
