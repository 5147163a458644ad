"""What data sources are asked in the kit: to load what their `trial` names; and data for those that need some."""

import torch

from xaiplug.data.samples import Samples
from xaiplug.errors import DataError
from xaiplug.testing.shared.trials import outcome, trial

__all__ = ["outcome", "points", "trial"]


def points(count: int = 6, split: str = "test") -> Samples:
    """Rows (count,3) and their class, for the source `module:`, which takes any callable.

    Raises:
        DataError: another split than "test".
    """
    if split != "test":
        raise DataError(f"no split '{split}'; there is 'test'")
    inputs = torch.arange(3.0 * count).view(count, 3) / (3 * count)
    return Samples(inputs, torch.arange(count) % 2)
