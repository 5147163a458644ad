"""Finished cells as tables: sorted, without a clock, so that the same results are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from xaiplug.data.storage import write_atomically
from xaiplug.run.cell import SCORES
from xaiplug.run.cells import KEYS
from xaiplug.run.planfile import read_plan
from xaiplug.run.store import Store

RESULTS = "results.parquet"
TIMINGS = "timings.parquet"
COST = ("forwards", "backwards", "seconds", "peak_bytes")

_RESULTS = pa.schema(
    [(name, pa.string()) for name in (*KEYS, "metric")]
    + [("seed", pa.int64()), ("sample", pa.int64()), ("id", pa.string()), ("value", pa.float64())]
    + [("better", pa.string()), ("unit", pa.string())]
)
_TIMINGS = pa.schema(
    [(name, pa.string()) for name in KEYS]
    + [("seed", pa.int64()), ("samples", pa.int64()), ("forwards", pa.int64()), ("backwards", pa.int64())]
    + [("seconds", pa.float64()), ("peak_bytes", pa.int64())]
)


def collect(store: Store) -> tuple[Path, Path]:
    """Write `results.parquet` and `timings.parquet` from the finished cells of the plan; their paths."""
    paths = store.folder / RESULTS, store.folder / TIMINGS
    for path, frame, schema in zip(paths, (results(store), timings(store)), (_RESULTS, _TIMINGS), strict=True):
        table = pa.Table.from_pandas(frame, schema=schema, preserve_index=False)
        write_atomically(path, lambda temporary, table=table: pq.write_table(table, temporary))
    return paths


def results(store: Store) -> pd.DataFrame:
    """One row a value: what was explained, how, the metric, the sample, the value; sample -1 is the whole study."""
    parts = []
    for entry, stored in finished(store, ("score", "compare", "retrain")):
        scores = pq.read_table(store.cell(entry["id"]) / SCORES, columns=["seed", "sample", "id", "value"]).to_pandas()
        named = {name: entry[name] for name in (*KEYS, "metric")}
        parts.append(scores.assign(**named, better=stored["better"], unit=stored["unit"]))
    return _sorted(parts, _RESULTS, [*KEYS, "metric", "seed", "sample"])


def timings(store: Store) -> pd.DataFrame:
    """One row an explained cell: what it cost."""
    rows = [
        {**{name: entry[name] for name in (*KEYS, "seed")}, "samples": len(stored["ids"]), **stored["cost"]}
        for entry, stored in finished(store, ("explain",))
    ]
    return _sorted([pd.DataFrame(rows)] if rows else [], _TIMINGS, [*KEYS, "seed"])


def finished(store: Store, kinds: Sequence[str]) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Plan entry and `cell.json` of every finished cell of these kinds."""
    for cell, entry in read_plan(store.folder).items():
        if entry["kind"] in kinds and store.finished(cell):
            yield entry, store.read(cell)


def _sorted(parts: Sequence[pd.DataFrame], schema: pa.Schema, by: list[str]) -> pd.DataFrame:
    columns = list(schema.names)
    if not parts:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(parts, ignore_index=True)[columns]
    return whole.sort_values(by, kind="stable").reset_index(drop=True)
