"""Which samples of the data are used."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import torch
from torch import Tensor

from xaiplug.api import load_data
from xaiplug.config.schema import DataEntry
from xaiplug.data.samples import Samples, known
from xaiplug.errors import DataError, did_you_mean, listing
from xaiplug.model.adapter import Model
from xaiplug.sources.references import located

CHUNK = 256


@dataclass(frozen=True, eq=False)
class Selected:
    """Samples, and their places in the data as loaded."""

    samples: Samples
    indices: tuple[int, ...]

    @cached_property
    def fingerprint(self) -> str:
        return self.samples.fingerprint()

    def __len__(self) -> int:
        return len(self.indices)


def loaded(entry: DataEntry, root: Path, limit: int | None = None) -> Samples:
    """The samples of an entry before any filter, the first `limit` of them."""
    use, params = located("data-source", entry.use, entry.params, root)
    return load_data(use, split=entry.split, limit=limit, **params)


def filtered(entry: DataEntry) -> bool:
    """Whether an entry leaves out samples before its limit."""
    return entry.keep != "all" or entry.per_class is not None or entry.tag is not None


def select(name: str, entry: DataEntry, samples: Samples, model: Model | None) -> Selected:
    """Samples that pass the filters: `tag`, then `keep` (of `model`), then `per_class`, then `limit`.

    Raises:
        DataError: no such column, or nothing is left.
    """
    rows = list(range(len(samples)))
    if entry.tag is not None:
        rows = [row for row in rows if _tagged(name, entry.tag, samples)[row]]
    if entry.keep != "all":
        assert model is not None
        best = 1 if entry.keep == "correct" else int(entry.keep.removeprefix("top-"))
        enough = entry.limit if entry.per_class is None else None
        rows = _classified(model, samples, rows, best, enough)
    if entry.per_class is not None:
        rows = _per_class(samples, rows, entry.per_class)
    rows = rows[: entry.limit]
    if not rows:
        raise DataError(f"data '{name}': none of {len(samples)} samples passes its filters")
    return Selected(samples if rows == list(range(len(samples))) else samples[rows], tuple(rows))


def _tagged(name: str, tag: str, samples: Samples) -> list[bool]:
    if tag not in samples.extras:
        known = f"{did_you_mean(tag, samples.extras)} (columns: {listing(samples.extras)})"
        raise DataError(f"data '{name}' has no column '{tag}'{known}")
    column: list[bool] = (
        (samples.extras[tag] != 0).flatten(1).any(1).tolist()
        if samples.extras[tag].ndim > 1
        else (samples.extras[tag] != 0).tolist()
    )
    return column


def _classified(model: Model, samples: Samples, rows: list[int], best: int, enough: int | None) -> list[int]:
    """Rows whose label is among the model's `best` classes; stops when there are `enough`.

    Raises:
        DataError: rows without a label, or with several.
    """
    labels = _single([samples.labels[row] for row in rows], "keep: correct or top-k")
    kept: list[int] = []
    with torch.no_grad(), model.frozen():
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            logits: Tensor = model(samples.inputs[part].to(model.device)).cpu()
            top = logits.topk(min(best, logits.shape[1]), dim=1).indices
            right = (top == labels[start : start + CHUNK, None]).any(1)
            kept.extend(row for row, passes in zip(part, right.tolist(), strict=True) if passes)
            if enough is not None and len(kept) >= enough:
                break
    return kept


def _single(labels: list[Tensor], who: str) -> Tensor:
    """(N,) of one known label a sample."""
    stacked = known(torch.stack(labels), who) if labels else torch.zeros(0, dtype=torch.int64)
    if stacked.ndim != 1:
        raise DataError(f"{who} needs one label a sample, and these have {stacked[0].numel()}")
    return stacked


def _per_class(samples: Samples, rows: list[int], count: int) -> list[int]:
    seen: dict[int, int] = {}
    kept = []
    labels = _single([samples.labels[row] for row in rows], "per_class").tolist()
    for row, label in zip(rows, labels, strict=True):
        seen[label] = seen.get(label, 0) + 1
        if seen[label] <= count:
            kept.append(row)
    return kept
