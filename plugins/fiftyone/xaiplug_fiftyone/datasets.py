"""A study's galleries in the JSON of FiftyOne's `Dataset.to_json`, as `Dataset.from_json` reads it."""

from __future__ import annotations

import base64
import io
import json
import math
import re
import zlib
from typing import Any

import numpy as np
from torch import Tensor

from xaiplug.data.study import METHOD, Method, Panel, Study
from xaiplug.view.images import picture_image
from xaiplug.view.leaderboard import boards_of
from xaiplug.view.names import told_apart
from xaiplug.view.placed import placed_maps
from xaiplug.view.sheet import class_label

PICTURES = "pictures"

Column = tuple[str, str, list[Any]]
"""What it is, the type of its field, one value a sample."""

_LABEL = "fiftyone.core.fields.EmbeddedDocumentField(fiftyone.core.labels.{})"
_FLOAT = "fiftyone.core.fields.FloatField"
_TEXT = "fiftyone.core.fields.StringField"


def files(study: Study) -> dict[str, bytes]:
    """`MODEL-DATA.json` for each gallery of images, and the pictures that it names."""
    panels = {f"{panel.model}-{panel.data}": panel for panel in study.gallery if panel.inputs.ndim == 4}
    found: dict[str, bytes] = {}
    for name, spelled in told_apart(panels).items():
        panel, pictures = panels[name], told_apart(panels[name].ids)
        paths = [f"{PICTURES}/{spelled}/{pictures[sample]}.png" for sample in panel.ids]
        found |= {path: _png(image) for path, image in zip(paths, panel.inputs, strict=True)}
        found[f"{spelled}.json"] = json.dumps(_dataset(study, panel, paths), indent=1).encode()
    return found


def field_name(name: str) -> str:
    """Letters, digits and `_`, a letter first.

    >>> field_name("map of ig (baseline black)"), field_name("2nd")
    ('map_of_ig_baseline_black', 'x_2nd')
    """
    text = re.sub(r"\W+", "_", name, flags=re.ASCII).strip("_") or "x"
    return text if text[0].isalpha() else f"x_{text}"


def _dataset(study: Study, panel: Panel, paths: list[str]) -> dict[str, Any]:
    samples: list[dict[str, Any]] = [
        {"filepath": path, "sample": sample} for path, sample in zip(paths, panel.ids, strict=True)
    ]
    columns = [*_classes(panel), *_maps(panel), *_scores(study, panel)]
    fields = told_apart((name for name, _, _ in columns), field_name)
    for name, _, values in columns:
        for sample, value in zip(samples, values, strict=True):
            sample[fields[name]] = value
    return {
        "name": f"{study.name} {panel.model} {panel.data}",
        "media_type": "image",
        "sample_fields": {"sample": _TEXT} | {fields[name]: kind for name, kind, _ in columns},
        "info": {"run_file": study.config, "fields": {field: name for name, field in fields.items()}},
        "samples": samples,
    }


def _classes(panel: Panel) -> list[Column]:
    def labels(classes: Tensor) -> list[Any]:
        names = panel.class_names
        return [_label("Classification", label=class_label(k, names)) if k >= 0 else None for k in classes.tolist()]

    kind = _LABEL.format("Classification")
    return [("truth", kind, labels(panel.labels)), ("predicted", kind, labels(panel.predicted))]


def _maps(panel: Panel) -> list[Column]:
    kind = _LABEL.format("Heatmap")
    return [
        (
            f"map of {placed.name}",
            kind,
            [
                _label("Heatmap", map=_array(values), range=[-limit, limit])
                for values, limit in zip(placed.maps, placed.limits.tolist(), strict=True)
            ],
        )
        for placed in placed_maps(panel)
    ]


def _scores(study: Study, panel: Panel) -> list[Column]:
    """A metric's value of each sample and method, the mean over seeds; None where it has none."""
    columns: list[Column] = []
    for (model, data, metric), part in boards_of(study.results):
        if (model, data) != (panel.model, panel.data):
            continue
        for key, own in part.groupby(list(METHOD), sort=False):
            means = own.groupby("id")["value"].mean()
            values = [float(means.get(sample, math.nan)) for sample in panel.ids]
            known = [value if math.isfinite(value) else None for value in values]
            columns.append((f"{metric} of {Method.of(key)}", _FLOAT, known))
    return columns


def _label(kind: str, **parts: Any) -> dict[str, Any]:
    return {"_cls": kind, "tags": []} | parts


def _array(values: Tensor) -> dict[str, Any]:
    """A map (H,W) as FiftyOne keeps arrays: numpy's own format, compressed."""
    stream = io.BytesIO()
    np.save(stream, values.numpy(), allow_pickle=False)
    packed = base64.b64encode(zlib.compress(stream.getvalue())).decode("ascii")
    return {"$binary": {"base64": packed, "subType": "00"}}


def _png(image: Tensor) -> bytes:
    stream = io.BytesIO()
    picture_image(image).save(stream, "PNG")
    return stream.getvalue()
