"""Where trained models and segmentations are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_folder() -> Path:
    """`XAIPLUG_CACHE`, else `xaiplug` in the user's cache folder."""
    if given := os.environ.get("XAIPLUG_CACHE"):
        return Path(given)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "xaiplug"
