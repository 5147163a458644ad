"""A trained network as `model.safetensors` and `model.yaml`: what the core loads without unpickling anything."""

import hashlib
import platform
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

import yaml
from safetensors.torch import save

from xaiplug_trainers import __version__
from xaiplug_trainers.classifier import ImageClassifier
from xaiplug_trainers.data.base import TaskData
from xaiplug_trainers.evaluate import accuracy, confusion, predictions

__all__ = ["export"]


def export(
    model: ImageClassifier, data: TaskData, output: Path, *, task: str, key: str, config: dict[str, Any]
) -> Path:
    """Write both files into `output` and return the path of `model.yaml`; neither is ever there half-written.

    Raises `DataError`, and writes nothing, where the data do not accept the network.
    """
    tests = {split: data.samples(split) for split in data.splits if split.startswith("test")}
    heads = data.geometry.output == "sigmoid"
    predicted = {split: predictions(model, samples.inputs, heads=heads) for split, samples in tests.items()}
    metrics = {split: accuracy(predicted[split], samples.labels) for split, samples in tests.items()}
    data.accept(metrics)
    classes = max(2, len(data.class_names))  # a single output tells two classes apart
    weights = save({name: value.cpu().contiguous() for name, value in model.network.state_dict().items()})
    mean, std = data.geometry.mean, data.geometry.std
    card = {
        "format": 1,
        "module": model.network_place,
        "kwargs": model.network_kwargs,
        "weights": "model.safetensors",
        "sha256": hashlib.sha256(weights).hexdigest(),
        "output": data.geometry.output,
        "mean": None if mean is None else list(mean),
        "std": None if std is None else list(std),
        "input_range": [0.0, 1.0] if len(data.geometry.shape) == 3 else None,
        "class_names": list(data.class_names),
        "task": task,
        "key": key,
        "data": data.data_id(),
        "metrics": metrics,
        "confusion": None if heads else confusion(predicted["test"], tests["test"].labels, classes),
        "seed": config["seed_everything"],
        "fold": getattr(data, "fold", None),
        "config": config,
        "versions": _versions(),
    }
    path = output / "model.yaml"
    path.unlink(missing_ok=True)  # an older card must not describe newer weights
    _write(output / "model.safetensors", weights)
    _write(path, yaml.safe_dump(card, sort_keys=False).encode())
    return path


def _versions() -> dict[str, str]:
    packages = {name: version(name) for name in ("torch", "pytorch-lightning", "numpy")}
    return {"xaiplug-trainers": __version__, "python": platform.python_version(), **packages}


def _write(path: Path, content: bytes) -> None:
    """Write beside `path`, then move into place."""
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.", delete=False) as beside:
        beside.write(content)
    finished = Path(beside.name)
    finished.chmod(0o644)
    finished.replace(path)
