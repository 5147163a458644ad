"""The global random state, set to two different things."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import torch

Made = TypeVar("Made")


def seed_everything(seed: int) -> None:
    """Seed the global random states; the kit restores them when a check ends."""
    torch.manual_seed(seed)
    np.random.seed(seed)
    random.seed(seed)


def two_states(make: Callable[[], Made]) -> tuple[Made, Made]:
    """What `make` gives under two global random states."""
    seed_everything(1)
    first = make()
    seed_everything(2)
    return first, make()
