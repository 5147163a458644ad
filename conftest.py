"""Every test, of the core and of every wheel, starts from the same random state and leaves the user's cache alone."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from xaiplug.model.passes import seed_all

os.environ.setdefault("XAIPLUG_CACHE", str(Path(__file__).parent / ".pytest_cache" / "xaiplug"))
"""Models trained on demand are addressed by content, so that tests may share them."""
os.environ["HF_HUB_OFFLINE"] = "1"
"""Tests ask no hub."""


@pytest.fixture(autouse=True)
def _seeded() -> None:
    seed_all(0)
