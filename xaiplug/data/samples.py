"""Data with its truth."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaiplug.errors import ShapeError


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs, labels, and where known the features that matter.

    Args:
        inputs: (N,*shape), images in pixel space [0,1].
        labels: (N,) int64.
        relevant: (N,H,W) bool, the known truth; or None.
        ids: N strings, stable from run to run; default "0".."N-1".
        extras: further tensors, first dimension N.
    """

    inputs: Tensor
    labels: Tensor
    relevant: Tensor | None = None
    ids: Sequence[str] = ()
    extras: dict[str, Tensor] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not self.ids:
            object.__setattr__(self, "ids", tuple(str(i) for i in range(len(self.inputs))))
        self.validate()

    def __len__(self) -> int:
        return len(self.inputs)

    def validate(self) -> Samples:
        """Check that everything has N rows; returns self.

        Raises:
            ShapeError: it has not.
        """
        n = len(self.inputs)
        parts = {"labels": len(self.labels), "ids": len(self.ids)}
        parts |= {f"extras['{name}']": len(value) for name, value in self.extras.items()}
        if self.relevant is not None:
            parts["relevant"] = len(self.relevant)
            if self.relevant.dtype != torch.bool:
                raise ShapeError(f"relevant must be bool, got {self.relevant.dtype}")
        for name, length in parts.items():
            if length != n:
                raise ShapeError(f"{name} has {length} rows, inputs have {n}")
        return self

    def __getitem__(self, rows: Sequence[int] | slice) -> Samples:
        """Some of the samples, in the order given."""
        order = list(range(len(self)))[rows] if isinstance(rows, slice) else list(rows)
        index = torch.tensor(order, dtype=torch.int64)
        return Samples(
            self.inputs[index],
            self.labels[index],
            None if self.relevant is None else self.relevant[index],
            tuple(self.ids[i] for i in order),
            {name: value[index] for name, value in self.extras.items()},
        )

    def fingerprint(self) -> str:
        """sha256 over everything in it."""
        digest = hashlib.sha256(repr(tuple(self.ids)).encode())
        named = {"inputs": self.inputs, "labels": self.labels, "relevant": self.relevant, **self.extras}
        for name, value in sorted(named.items()):
            if value is not None:
                digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
                digest.update(value.detach().cpu().contiguous().numpy().tobytes())
        return digest.hexdigest()


@dataclass(frozen=True, eq=False)
class Pool:
    """Further samples to draw references from: inputs (N,*shape), labels (N,), predicted (N,)."""

    inputs: Tensor
    labels: Tensor
    predicted: Tensor
