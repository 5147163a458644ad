"""A trained network as `model.safetensors` and `model.yaml`: what the core loads without unpickling anything."""

import platform
from importlib.metadata import version
from pathlib import Path
from typing import Any

from torch import Tensor

from xaiplug import Model
from xaiplug.model.export import write_export
from xaiplug_trainers import __version__
from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.data.base import TaskData
from xaiplug_trainers.data.rows import in_turn
from xaiplug_trainers.evaluate import confusion, outputs_of, predicted
from xaiplug_trainers.scores import scores_of

__all__ = ["export"]


def export(
    model: ImageClassifier,
    data: TaskData,
    output: Path,
    *,
    task: str,
    key: str,
    config: dict[str, Any],
    trained: dict[str, Any],
) -> Path:
    """Write both files into `output` and return the path of `model.yaml`; neither is ever there half-written.

    `trained` says how long, and which weights these are. Raises `DataError`, and writes nothing, where the data do not
    accept the network.
    """
    tests = {split: data.rows(split) for split in data.splits if split.startswith("test")}
    outputs = {split: outputs_of(model, in_turn(rows)) for split, rows in tests.items()}
    scores = {split: scores_of(outputs[split], rows.labels) for split, rows in tests.items()}
    metrics = {split: _rounded(found["accuracy"]) for split, found in scores.items()}
    data.accept(metrics)
    geometry, names = data.geometry, list(data.class_names)
    classes = max(2, len(names))  # a single output tells two classes apart
    heads = geometry.output == "sigmoid"
    about = {
        "key": key,
        "data": data.data_id(),
        "metrics": metrics,
        "auroc": {split: _rounded(found["auroc"]) for split, found in scores.items()},
        "accuracy_of": dict(zip(names, map(_rounded, scores["test"]["accuracy_of"]), strict=False)),
        "confusion": None if heads else confusion(predicted(outputs["test"]), tests["test"].labels, classes),
        "trained": trained,
        "seed": config["seed_everything"],
        "fold": getattr(data, "fold", None),
        "config": config,
        "versions": _versions(),
    }
    exported = Model(
        model.network,
        output=geometry.output,
        mean=geometry.mean,
        std=geometry.std,
        input_range=(0.0, 1.0) if len(geometry.shape) == 3 else None,
        class_names=names,
        name=task,
    )
    return write_export(exported, output, model.network_place, model.network_kwargs, about)


def _rounded(value: Tensor) -> float | None:
    """None for NaN: the labels tell nothing."""
    return None if bool(value.isnan()) else round(value.item(), 6)


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("torch", "pytorch-lightning", "numpy")}
    return {"xaiplug-trainers": __version__, "python": platform.python_version(), **packages}
