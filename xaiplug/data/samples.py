"""Data with its truth."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

import torch
from torch import Tensor

from xaiplug.data.brief import brief, size, tally
from xaiplug.data.exact import Exact, Statement
from xaiplug.errors import DataError, ShapeError


@dataclass(frozen=True, eq=False, repr=False)
class Samples:
    """Inputs, labels, and where known the features that matter.

    Args:
        inputs: (N,*shape), images in pixel space [0,1].
        labels: (N,) int64; -1 = unknown.
        relevant: (N,H,W) bool, the known truth; or None.
        ids: N strings, stable from run to run; default "0".."N-1".
        extras: further tensors, first dimension N; `group` (N,) says which samples depend on each other, as frames of
            one film do: an audit counts groups.
        exact: the exact answer, where it is known; or None.
    """

    inputs: Tensor
    labels: Tensor
    relevant: Tensor | None = None
    ids: Sequence[str] = ()
    extras: dict[str, Tensor] = field(default_factory=dict)
    exact: Exact | None = None

    def __post_init__(self) -> None:
        if not self.ids:
            object.__setattr__(self, "ids", tuple(str(i) for i in range(len(self.inputs))))
        self.validate()

    def __len__(self) -> int:
        return len(self.inputs)

    def __repr__(self) -> str:
        says = f"the truth says {' and '.join(self.says)}" if self.says else "no known truth"
        return brief("Samples", f"{len(self):,} of {size(self.inputs.shape[1:])}", says)

    @property
    def says(self) -> tuple[Statement, ...]:
        """What the truth of these samples says: `where` if they have `relevant`, and what the exact answer supports."""
        where: tuple[Statement, ...] = () if self.relevant is None else ("where",)
        return where + (() if self.exact is None else tuple(one for one in self.exact.says if one != "where"))

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
        if self.exact is not None:
            parts["exact"] = len(self.exact)
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
            None if self.exact is None else self.exact[index],
        )

    def fingerprint(self) -> str:
        """sha256 over everything in it."""
        digest = hashlib.sha256(repr(tuple(self.ids)).encode())
        named = {"inputs": self.inputs, "labels": self.labels, "relevant": self.relevant, **self.extras}
        if self.exact is not None:
            digest.update(repr((self.exact.says, self.exact.of)).encode())
            named |= {f"exact.{name}": value for name, value in self.exact.tensors().items()}
        for name, value in sorted(named.items()):
            if value is not None:
                digest.update(f"{name}{tuple(value.shape)}{value.dtype}".encode())
                for part in value.split(_AT_ONCE):
                    digest.update(content(part))
        return digest.hexdigest()


_AT_ONCE = 256
"""Samples whose bytes are held beside the samples themselves."""


def content(values: Tensor) -> bytes:
    """The bytes of a tensor, in its own precision (numpy has no bfloat16)."""
    return values.detach().cpu().contiguous().flatten().view(torch.uint8).numpy().tobytes()


def unknown(labels: Tensor) -> Tensor:
    """(N,) bool: whose label is -1, as of photos that nobody sorted; numbers (floating point) are what they are.

    >>> unknown(torch.tensor([2, -1]))
    tensor([False,  True])
    """
    negative = (labels < 0) & (not labels.is_floating_point())
    return negative.flatten(1).any(1) if labels.ndim > 1 else negative


def known(labels: Tensor, who: str) -> Tensor:
    """The labels, all of them known.

    Raises:
        DataError: some are not; `who` needs them.
    """
    if bool((without := unknown(labels)).any()):
        rows = without.nonzero().flatten().tolist()
        named = ", ".join(map(str, rows[:5])) + (", .." if len(rows) > 5 else "")
        raise DataError(
            f"{who} needs the label of every sample, and {len(rows)} of {len(labels)} have none (sample {named}): sort "
            "them into folders of classes, give a table of labels, or leave them out"
        )
    return labels


@dataclass(frozen=True, eq=False, repr=False)
class Pool:
    """Further samples to draw references from: inputs (N,*shape), labels (N,) with -1 for unknown, predicted (N,)."""

    inputs: Tensor
    labels: Tensor
    predicted: Tensor

    def __repr__(self) -> str:
        return brief("Pool", tally(len(self.inputs), "sample"), f"of {size(self.inputs.shape[1:])}")
