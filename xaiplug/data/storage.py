"""Explanations on disk: one safetensors file, tensors as they are, the rest as JSON in its header. Never pickle."""

from __future__ import annotations

import json
import os
import tempfile
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from xaiplug.data.explanation import Explanation, Level, SetKind, SetScores
from xaiplug.data.groups import FeatureGroups
from xaiplug.data.target import Scale, Target
from xaiplug.errors import DataError, StoreError

FORMAT = "xaiplug-explanation-1"


def write_atomically(path: Path, write: Any, *, durable: bool = True) -> Path:
    """Call `write(temporary path)` beside `path`, then move it there: whole or not at all.

    Args:
        durable: wait until it is on the disk, so that a machine that loses power loses no file that was there before.

    Raises:
        StoreError: the folder cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        os.close(handle)
    except OSError as error:
        raise StoreError(
            f"cannot write {path}: {error.strerror or error}; choose a folder that you may write to"
        ) from error
    temporary = Path(name)
    try:
        write(temporary)
        temporary.chmod(0o666 & ~_umask())
        if durable:
            with temporary.open("rb") as written:
                os.fsync(written.fileno())
        temporary.replace(path)
    finally:
        temporary.unlink(missing_ok=True)
    return path


def _umask() -> int:
    current = os.umask(0)
    os.umask(current)
    return current


def save_explanation(explanation: Explanation, path: Path) -> Path:
    """Write `explanation` to `path`, whole or not at all."""
    return write_atomically(path, lambda temporary: write_explanation(explanation, temporary))


def write_explanation(explanation: Explanation, path: Path) -> None:
    """Write `explanation` to `path`, where nobody looks before it is whole.

    Raises:
        StoreError: it cannot be written, as on a full disk.
    """
    tensors, plain = _flatten(explanation)
    header = {"format": FORMAT, "explanation": json.dumps(plain, sort_keys=True)}
    # Copies: safetensors refuses tensors that share memory, as an explainer's extras and scores may.
    own = {name: value.detach().cpu().clone(memory_format=torch.contiguous_format) for name, value in tensors.items()}
    try:
        save_file(own, path, metadata=header)
    except SafetensorError as error:  # its own, not the system's
        raise StoreError(f"cannot write {path}: {error}") from error
    path.chmod(0o666 & ~_umask())  # safetensors lets the owner alone read


def load_explanation(path: Path) -> Explanation:
    """Read what `save_explanation` wrote.

    Raises:
        DataError: no such file, or another format.
    """
    if not path.is_file():
        raise DataError(f"no explanation at {path}")
    try:
        with safe_open(path, framework="pt") as stored:
            header = stored.metadata() or {}
            tensors = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
    except SafetensorError as error:
        raise DataError(f"{path} is no safetensors file: {error}") from error
    if header.get("format") != FORMAT:
        raise DataError(f"{path} holds no explanation (format {header.get('format')!r}, expected '{FORMAT}')")
    try:
        return _unflatten(tensors, json.loads(header["explanation"]))
    except (LookupError, TypeError, ValueError, RecursionError) as error:
        raise DataError(f"{path} holds no whole explanation: {type(error).__name__}: {error}") from error


_DIRECT = ("attribution", "order", "score", "base_score", "residual")


def _flatten(explanation: Explanation) -> tuple[dict[str, Tensor], dict[str, Any]]:
    tensors = {name: getattr(explanation, name) for name in _DIRECT if getattr(explanation, name) is not None}
    plain: dict[str, Any] = {"level": explanation.level, "meta": explanation.meta}
    if explanation.target is not None:
        tensors["target.index"] = explanation.target.index
        plain["scale"] = explanation.target.scale
    if explanation.groups is not None:
        tensors |= {f"groups.{f.name}": getattr(explanation.groups, f.name) for f in fields(FeatureGroups)}
    if explanation.sets is not None:
        tensors |= {"sets.members": explanation.sets.members, "sets.values": explanation.sets.values}
        plain["set_kind"] = explanation.sets.kind
    tensors |= {f"extras.{name}": value for name, value in explanation.extras.items()}
    return tensors, plain


def _unflatten(tensors: dict[str, Tensor], plain: dict[str, Any]) -> Explanation:
    extras = {name.removeprefix("extras."): t for name, t in tensors.items() if name.startswith("extras.")}
    if not isinstance(plain["meta"], dict) or plain["level"] not in (None, *get_args(Level)):
        raise ValueError(f"level {plain['level']!r}, meta {type(plain['meta']).__name__}")
    if plain.get("set_kind", "prefix") not in get_args(SetKind) or plain.get("scale", "logit") not in get_args(Scale):
        raise ValueError(f"sets of kind {plain.get('set_kind')!r}, scale {plain.get('scale')!r}")
    return Explanation(
        **{name: tensors[name] for name in _DIRECT if name in tensors},
        level=plain["level"],
        target=Target(tensors["target.index"], plain["scale"]) if "scale" in plain else None,
        groups=FeatureGroups(tensors["groups.labels"], tensors["groups.counts"])
        if "groups.labels" in tensors
        else None,
        sets=SetScores(tensors["sets.members"], tensors["sets.values"], plain["set_kind"])
        if "set_kind" in plain
        else None,
        extras=extras,
        meta=plain["meta"],
    )
