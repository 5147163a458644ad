"""Draws that belong to the samples of a query: each one's from its own seed, whatever batch, order and device."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from xaiplug.data.seeds import generator


class Draws:
    """What a query draws; the next call goes on from where the last one stopped."""

    inputs: Tensor
    stream: str
    _generators: dict[int, torch.Generator]

    if TYPE_CHECKING:

        def __len__(self) -> int: ...

        @property
        def seeds(self) -> Tensor: ...

    def normal(self, *shape: int) -> Tensor:
        """Standard normal draws (B,*shape), each sample's from its own seed; the next call goes on from there.

        Drawn in single precision whatever the inputs (a fifth of the time), so that the dtype changes no draw.
        """
        return self.normals(1, *shape)[0]

    def normals(self, count: int, *shape: int) -> Tensor:
        """Standard normal draws (count,B,*shape): as many calls of `normal(*shape)`, filled in place.

        How many are asked for at once changes none of them.
        """
        drawn = torch.empty(count, len(self), *shape, dtype=torch.float32)
        for row in range(len(self)):
            own = self._generator(row)
            for one in drawn[:, row]:
                one.normal_(generator=own)
        return drawn.to(self.inputs.device, self.inputs.dtype)

    def uniform(self, *shape: int) -> Tensor:
        """Uniform [0,1) draws (B,*shape), each sample's from its own seed."""
        return self._draw(lambda g: torch.rand(shape, generator=g, dtype=torch.float64).to(self.inputs.dtype))

    def randint(self, high: int, *shape: int) -> Tensor:
        """Uniform integers 0..high-1, (B,*shape) int64, each sample's from its own seed."""
        return self._draw(lambda g: torch.randint(high, shape, generator=g))

    def permutation(self, n: int) -> Tensor:
        """A random permutation of 0..n-1 for each sample, (B,n) int64."""
        return self._draw(lambda g: torch.randperm(n, generator=g))

    def _draw(self, draw: Callable[[torch.Generator], Tensor]) -> Tensor:
        drawn = [draw(self._generator(row)) for row in range(len(self))]
        return torch.stack(drawn).to(self.inputs.device)

    def _generator(self, row: int) -> torch.Generator:
        if row not in self._generators:
            code = [int.from_bytes(self.stream.encode())] if self.stream else []
            self._generators[row] = generator(int(self.seeds[row]), *code)
        return self._generators[row]
