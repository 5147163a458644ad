"""Explainers by metrics: means over samples and seeds."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from xaiplug.run.cells import KEYS
from xaiplug.run.collect import RESULTS

ARROWS = {"higher": " ↑", "lower": " ↓", "": ""}


def leaderboard(folder: Path) -> tuple[list[str], list[list[str]]]:
    """Columns and rows: what was explained and how, then the mean of each metric with the direction that is better."""
    frame = pd.read_parquet(folder / RESULTS)
    if frame.empty:
        return [], []
    metrics = frame.drop_duplicates("metric").set_index("metric")["better"]
    named = [key for key in KEYS if key == "explainer" or frame[key].nunique() > 1]
    means = frame.pivot_table(index=named, columns="metric", values="value", aggfunc="mean", dropna=False)
    means = means.dropna(how="all").reindex(columns=list(metrics.index))
    columns = [*named, *(f"{metric}{ARROWS[better]}" for metric, better in metrics.items())]
    rows = []
    for index, values in means.iterrows():
        labels = list(index) if isinstance(index, tuple) else [index]
        rows.append([*map(str, labels), *("" if pd.isna(value) else f"{value:.4g}" for value in values)])
    return columns, rows
