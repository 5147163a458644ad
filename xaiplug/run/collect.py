"""Finished cells as tables: sorted, without a clock, so that the same results are the same bytes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from xaiplug.data.storage import write_atomically
from xaiplug.errors import StoreError
from xaiplug.run.cell import SCORES
from xaiplug.run.cells import KEYS, Cell
from xaiplug.run.planfile import read_plan
from xaiplug.run.store import DamagedError, Store

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
    """One row a value: what was explained, how, the metric, the sample, the value; sample -1 is the whole study.

    Raises:
        StoreError: cells are damaged; they were moved aside.
    """
    tables, told, lengths = [], [], []
    for entry, stored in finished(store, ("score", "compare", "retrain"), SCORES):
        tables.append(read_scores(store.cell(entry["id"]) / SCORES, ["seed", "sample", "id", "value"]))
        lengths.append(len(tables[-1]))
        named = {name: entry[name] for name in (*KEYS, "metric")}
        told.append({**named, "better": stored["better"], "unit": stored["unit"]})
    if not tables:
        return _sorted([], _RESULTS, [])
    scores = pa.concat_tables(tables).to_pandas()
    each = np.repeat(np.arange(len(lengths)), lengths)
    names = pd.DataFrame(told).astype("str").iloc[each].reset_index(drop=True)
    return _sorted([pd.concat([scores, names], axis=1)], _RESULTS, [*KEYS, "metric", "seed", "sample"])


def read_scores(path: Path, columns: list[str]) -> pa.Table:
    """Some columns of a cell's scores; read in this thread, which for so small a file is all there is to do."""
    with pq.ParquetFile(path) as file:
        return file.read(columns=columns, use_threads=False)


def timings(store: Store) -> pd.DataFrame:
    """One row an explained cell: what it cost."""
    rows = [
        {**{name: entry[name] for name in (*KEYS, "seed")}, "samples": len(stored["ids"]), **stored["cost"]}
        for entry, stored in finished(store, ("explain",))
    ]
    return _sorted([pd.DataFrame(rows)] if rows else [], _TIMINGS, [*KEYS, "seed"])


def scorings(store: Store) -> pd.DataFrame:
    """One row a score of an explained cell: what measuring cost."""
    rows = [
        {**{name: entry[name] for name in (*KEYS, "metric", "seed")}, **stored["cost"]}
        for entry, stored in finished(store, ("score",))
    ]
    return pd.DataFrame(rows, columns=[*KEYS, "metric", "seed", *COST])


def finished(
    store: Store, kinds: Sequence[str], file: str = "", seed: int | None = None
) -> Iterator[tuple[Mapping[str, Any], dict[str, Any]]]:
    """Plan entry and `cell.json` of every finished cell of these kinds, and of one seed where that is given.

    `file` of each is what was written, too, when it is told.

    Raises:
        StoreError: at the end, if cells are damaged: all of them are moved aside.
    """
    there = {path.name for path in store.cells.iterdir()} if store.cells.is_dir() else set()
    damaged = []
    for cell, entry in read_plan(store.folder).items():
        if entry["kind"] in kinds and cell in there and seed in (None, entry["seed"]):
            try:
                stored = store.read(cell)
                if file:
                    store.file(cell, file, stored)
            except DamagedError as error:
                damaged.append(store.set_aside(cell, error.why, Cell.of(entry).name))
            else:
                yield entry, stored
    if damaged:
        more = f" ({len(damaged) - 1} more are, too)" if len(damaged) > 1 else ""
        raise StoreError(f"{damaged[0]}{more}; run the run file again, and it is computed again")


def _sorted(parts: Sequence[pd.DataFrame], schema: pa.Schema, by: list[str]) -> pd.DataFrame:
    columns = list(schema.names)
    if not parts:
        return pd.DataFrame(columns=columns)
    whole = pd.concat(parts, ignore_index=True)[columns]
    return whole.sort_values(by, kind="stable").reset_index(drop=True)
