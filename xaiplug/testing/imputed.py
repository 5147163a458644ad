from __future__ import annotations

from typing import Any


def imputer_scene(imputer: Any) -> Any: ...
