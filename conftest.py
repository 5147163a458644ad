"""Every test, of the core and of every wheel, starts from the same random state and leaves the user's cache alone."""

from __future__ import annotations

import os
import random
from pathlib import Path

import numpy as np
import pytest
import torch

os.environ.setdefault("XAIPLUG_CACHE", str(Path(__file__).parent / ".pytest_cache" / "xaiplug"))
"""Models trained on demand are addressed by content, so that tests may share them."""
os.environ["HF_HUB_OFFLINE"] = "1"
"""Tests ask no hub."""


@pytest.fixture(autouse=True)
def _seeded() -> None:
    random.seed(0)
    np.random.seed(0)
    torch.manual_seed(0)
