"""Random draws that belong to a sample: the same whatever the batch, the order, the device or the resume."""

from __future__ import annotations

import hashlib
from functools import cached_property

import torch
from torch import Tensor


def sample_seeds(inputs: Tensor, seed: int) -> Tensor:
    """One seed per sample (B,) int64, from the run's seed and the sample's own bytes: its content, not its place.

    The content is read in single precision, so that an image draws alike in float32 and in float64.
    """
    rows = inputs.detach().float().cpu().contiguous()
    head = f"{seed}:{tuple(rows.shape[1:])}".encode()
    digests = (hashlib.blake2b(row.numpy().tobytes(), digest_size=8, key=head[:64]).digest() for row in rows)
    return torch.tensor([int.from_bytes(d, "little") >> 1 for d in digests], dtype=torch.int64)


class SampleSeeds:
    """`sample_seeds(inputs, seed)` for whoever asks: a method that draws nothing reads no content."""

    def __init__(self, inputs: Tensor, seed: int) -> None:
        self._inputs, self.seed = inputs, seed

    @cached_property
    def values(self) -> Tensor:
        """(B,) int64."""
        return sample_seeds(self._inputs, self.seed)


def generator(*parts: int) -> torch.Generator:
    """A CPU generator seeded by all of `parts`."""
    digest = hashlib.blake2b(repr(parts).encode(), digest_size=8).digest()
    made = torch.Generator()
    made.manual_seed(int.from_bytes(digest, "little") >> 1)
    return made
