"""What networks answer, kept in a run's folder, so that one whose answers changed shares no cell with what it was.

Weights, attributes and source do not show everything: a closure, a file that is read while the network answers. Its
logits for a few of the study's own samples do. They are no part of an address themselves: their last bits differ
between machines and numbers of threads, and however they are rounded, some value lies at the edge where a last bit
turns the rounding. So a run keeps the logits that it saw first, and an address holds the hash of what is *kept*. Logits
within a tolerance of kept ones are those; all others are kept beside them and make another address. A network that
goes back to what it was finds its old cells again.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from torch import Tensor

from xaiplug.data.storage import write_atomically
from xaiplug.model.adapter import Model
from xaiplug.origins import digest

ANSWERS = "answers.json"

PROBE = 4
"""Samples that a network is asked about."""

TOLERANCE = 1e-4
"""Of the largest logit. Machines and threads differ by some 1e-6; where a dtype is coarser, 8 of its steps count."""

DRAWS = "its answers are drawn"
"""In place of a hash, for a network that answers the same samples differently each time."""


class Answers:
    """The answers that a run saw, by network and samples."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / ANSWERS
        self._kept: dict[str, list[list[list[float]]]] = _read(self._path)
        self._new = False

    def told(self, model: Model, network: str, inputs: Tensor) -> str:
        """What stands for a network's answers in an address.

        Args:
            network: hash of what can be read from it.
            inputs: (N,*shape), a probe of the samples that it is asked about.

        Raises:
            ModelError: it raises.
        """
        probe = inputs[:PROBE]
        kept = self._kept.setdefault(f"{network}:{digest([list(probe.shape), probe.double().tolist()])}", [])
        first = _logits(model, probe)
        for one in kept:
            if _same(first, one):
                return digest(one)
        if not _same(first, _logits(model, probe).double().tolist()):
            return DRAWS
        kept.append(first.double().tolist())
        self._new = True
        return digest(kept[-1])

    def save(self) -> None:
        """Write what was seen for the first time.

        Raises:
            StoreError: the folder cannot be written.
        """
        if self._new:
            text = json.dumps(self._kept)
            write_atomically(self._path, lambda temporary: temporary.write_text(text, encoding="utf-8"))
            self._new = False


def _read(path: Path) -> dict[str, list[list[list[float]]]]:
    """What is kept; nothing where the file is missing or no longer readable: the answers are kept anew."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _same(logits: Tensor, kept: list[list[float]]) -> bool:
    """NaN and infinity are the same as themselves."""
    before = torch.tensor(kept, dtype=torch.float64)
    if before.shape != logits.shape:
        return False
    finite = before[before.isfinite()].abs()
    share = max(TOLERANCE, 8 * torch.finfo(logits.dtype).eps)
    largest = float(finite.max()) if finite.numel() else 0.0
    return torch.allclose(logits.double(), before, rtol=0, atol=share * largest, equal_nan=True)


def _logits(model: Model, probe: Tensor) -> Tensor:
    with torch.no_grad(), model.frozen(), _exact():
        return model(probe.to(model.device)).detach().cpu()


@contextmanager
def _exact() -> Iterator[None]:
    """Without TF32, by which a GPU differs from a CPU in the third digit."""
    before = torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32
    torch.backends.cudnn.allow_tf32 = torch.backends.cuda.matmul.allow_tf32 = False
    try:
        yield
    finally:
        torch.backends.cudnn.allow_tf32, torch.backends.cuda.matmul.allow_tf32 = before
