"""What a model says of the inputs themselves, as far as somebody's pass has shown it: nobody need ask again."""

from __future__ import annotations

import torch
from torch import Tensor


class Answered:
    """Logits of a query's own samples; all copies of a query share one.

    >>> answered = Answered()
    >>> answered.keep(0, torch.zeros(2, 3))
    >>> answered.whole(3) is None
    True
    >>> answered.keep(2, torch.ones(1, 3))
    >>> answered.whole(3).shape
    torch.Size([3, 3])
    """

    def __init__(self) -> None:
        self._parts: dict[int, Tensor] = {}
        self._whole: Tensor | None = None

    def keep(self, start: int, logits: Tensor) -> None:
        """Note logits (R,K) of the samples from `start` on; what is known of all samples stays."""
        if self._whole is None:
            self._parts[start] = logits.detach()

    def whole(self, samples: int) -> Tensor | None:
        """Logits (B,K) of all samples, or None while some are not known."""
        if self._whole is None:
            found, covered = [], 0
            while covered < samples and covered in self._parts:
                found.append(self._parts[covered])
                covered += len(found[-1])
            if covered == samples and found:
                self._whole, self._parts = torch.cat(found) if len(found) > 1 else found[0], {}
        return self._whole
