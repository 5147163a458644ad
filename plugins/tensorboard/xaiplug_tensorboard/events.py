"""A study as TensorBoard's event files, which hold no date and no host: equal studies give equal bytes."""

from __future__ import annotations

import io
import math
from collections.abc import Iterator

import numpy as np
import torch
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter
from torch.utils.tensorboard import summary

from xaiplug.data.study import Method, Panel, Study
from xaiplug.view.images import map_image, picture_image
from xaiplug.view.leaderboard import Row, boards_of, leaderboard, per_sample
from xaiplug.view.names import told_apart
from xaiplug.view.placed import placed_maps
from xaiplug.view.transforms import scaled

FILE = "events.out.tfevents.0.xaiplug"
"""TensorBoard reads what has `tfevents` in its name; its own names hold the time and the host."""

BINS = 30

Run = tuple[str, ...]
Stepped = tuple[int, Summary]


def event_files(study: Study) -> dict[str, bytes]:
    """`RUN/events...` -> what is in it.

    The run `study` has the run file and the failures, `MODEL-DATA-input` the pictures, `MODEL-DATA-METHOD` the rest.
    """
    runs: dict[Run, list[Stepped]] = {("study",): _told(study)}
    for run, item in (*_numbers(study), *_values(study), *_curves(study), *_pictures(study)):
        runs.setdefault(run, []).append(item)
    names = told_apart("-".join(run) for run in runs)
    return {f"{names['-'.join(run)]}/{FILE}": _records(items) for run, items in runs.items()}


def _told(study: Study) -> list[Stepped]:
    failed = "\n".join(f"    {fact['cell']}: {' '.join(str(fact['error']).split())}" for fact in study.failures)
    texts = {"run file": "\n".join(f"    {line}" for line in study.config.splitlines()), "failures": failed}
    return [(0, summary.text(name, text)) for name, text in texts.items() if text]


def _numbers(study: Study) -> Iterator[tuple[Run, Stepped]]:
    rows: dict[Run, tuple[Method, dict[str, Row]]] = {}
    for board in leaderboard(study):
        for row in board.rows:
            run = (board.model, board.data, str(row.method))
            rows.setdefault(run, (row.method, {}))[1][board.metric] = row
    for run, (method, found) in rows.items():
        numbers = {
            f"{metric}/{what}": value
            for metric, row in found.items()
            for what, value in (("mean", row.mean), ("low", row.low), ("high", row.high))
            if math.isfinite(value)
        }
        means = {tag: value for tag, value in numbers.items() if tag.endswith("/mean")}
        facts = {"model": run[0], "data": run[1], "explainer": method.explainer} | dict(method.settings)
        for part in summary.hparams(facts, means):
            yield run, (0, part)
        for tag, value in numbers.items():
            yield run, (0, summary.scalar(tag, value))


def _values(study: Study) -> Iterator[tuple[Run, Stepped]]:
    for (model, data, metric), part in boards_of(study.results):
        methods, values = per_sample(part)
        for method, column in zip(methods, values.T, strict=True):
            known = column[np.isfinite(column)]
            if len(known):
                yield (model, data, str(method)), (0, summary.histogram(f"{metric}/values", known, BINS))


def _curves(study: Study) -> Iterator[tuple[Run, Stepped]]:
    gathered: dict[tuple[str, ...], list[torch.Tensor]] = {}
    for curve in study.curves:
        gathered.setdefault((curve.model, curve.data, curve.explainer, curve.metric), []).append(curve.values.double())
    for (model, data, explainer, metric), values in gathered.items():
        for step, value in enumerate(torch.cat(values).nanmean(0).tolist()):
            if math.isfinite(value):
                yield (model, data, explainer), (step, summary.scalar(f"{metric}/curve", value))


def _pictures(study: Study) -> Iterator[tuple[Run, Stepped]]:
    for panel in study.gallery:
        if panel.inputs.ndim == 4:
            for sample, image in zip(panel.ids, panel.inputs, strict=True):
                picture = np.asarray(picture_image(image).convert("RGB"))
                yield (
                    (panel.model, panel.data, "input"),
                    (0, summary.image(f"sample/{sample}", picture, dataformats="HWC")),
                )
        yield from _maps(panel)


def _maps(panel: Panel) -> Iterator[tuple[Run, Stepped]]:
    for placed in placed_maps(panel):
        for sample, values in zip(panel.ids, scaled(placed.maps, placed.limits), strict=True):
            drawn = np.asarray(map_image(values).convert("RGB"))
            yield (
                (panel.model, panel.data, placed.name),
                (0, summary.image(f"sample/{sample}", drawn, dataformats="HWC")),
            )


def _records(items: list[Stepped]) -> bytes:
    stream = io.BytesIO()
    records = RecordWriter(stream)
    for event in (Event(file_version="brain.Event:2"), *(Event(step=step, summary=part) for step, part in items)):
        records.write(event.SerializeToString(deterministic=True))
    return stream.getvalue()
