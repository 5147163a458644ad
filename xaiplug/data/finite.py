"""Whether numbers are numbers."""

from __future__ import annotations

from torch import Tensor


def all_finite(values: Tensor) -> bool:
    """Whether no value is NaN or infinite.

    NaN and infinity stay in a sum, which takes a twentieth of the time of a look at every value. A sum may also
    overflow; then every value is looked at.

    >>> import torch
    >>> [all_finite(torch.tensor(values)) for values in ([1.0, 3e38, 3e38], [torch.inf, -torch.inf], [0.0, torch.nan])]
    [True, False, False]
    """
    total = values.sum()
    rest = total - total  # NaN where it is none, which counts as true; `isfinite` takes four times as long
    return not rest or bool(values.isfinite().all())
