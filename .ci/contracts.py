"""The layers of the house, held by import-linter. The wheels are those in `plugins/`: a new one is held at once."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parents[1]
WHEELS = [*sorted(f"xaiplug_{path.parent.name}" for path in ROOT.glob("plugins/*/pyproject.toml")), "xaiplug_trainers"]

FLOORS = [
    "__main__",
    "cli",
    "testing : results : comparison : interop : sentences",
    "claims",
    "audit",
    "view",
    "run",
    "config",
    "api",
    "calling | sources",
    "registry | engines",
    "kinds",
    "game | grad",
    "model",
    "data",
    "builtin",
    "hookspecs",
    "spec | late | cache | origins",
    "papers",
    "errors",
]
"""From the top down: each imports only what lies below it, type hints included."""

LIGHT = ["cli", "builtin", "cache", "errors", "hookspecs", "kinds", "late", "origins", "registry", "spec", "papers"]
HEAVY = ["numpy", "pandas", "pydantic", "rich", "torch"]

WITH_HINTS: list[dict[str, Any]] = [
    {"name": "Floors", "type": "layers", "containers": ["xaiplug"], "layers": FLOORS, "exhaustive": True},
    {
        "name": "The core imports no plug-in, no trainer, and nothing that only they need",
        "type": "forbidden",
        "source_modules": ["xaiplug"],
        "forbidden_modules": [
            *WHEELS,
            "captum",
            "dask",
            "distributed",
            "fiftyone",
            "mlflow",
            "pytorch_grad_cam",
            "pytorch_lightning",
            "quantus",
            "ray",
            "segment_anything",
            "shapiq",
            "skimage",
            "tensorboard",
            "timm",
            "torchvision",
        ],
    },
    {"name": "Plug-ins and trainers do not import each other", "type": "independence", "modules": WHEELS},
]

WITHOUT_HINTS: list[dict[str, Any]] = [
    {
        "name": "Light modules import nothing heavy (what they import inside functions is ignored one by one)",
        "type": "forbidden",
        "source_modules": [f"xaiplug.{name}" for name in LIGHT],
        "forbidden_modules": HEAVY,
        "allow_indirect_imports": True,
        "ignore_imports": [
            "xaiplug.cli.output -> rich",
            "xaiplug.cli.output -> rich.*",
            "xaiplug.cli.progress -> rich",
            "xaiplug.cli.progress -> rich.*",
            "xaiplug.kinds.* -> torch",
            "xaiplug.kinds.fields -> pydantic",
        ],
        "unmatched_ignore_imports_alerting": "none",
    }
]


def kept(contracts: list[dict[str, Any]], *, hints: bool) -> bool:
    """Whether all `contracts` are kept; `hints` counts imports that only type hints need."""
    settings = {
        "root_packages": ["xaiplug", *WHEELS],
        "include_external_packages": True,
        "exclude_type_checking_imports": not hints,
    }
    tables = [("[tool.importlinter]", settings), *(("[[tool.importlinter.contracts]]", one) for one in contracts)]
    lines = [line for head, table in tables for line in (head, *(f"{k} = {json.dumps(v)}" for k, v in table.items()))]
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "contracts.toml"
        file.write_text("\n".join(lines), encoding="utf-8")
        cache = str(ROOT / ".import_linter_cache")
        return lint_imports(config_filename=str(file), cache_dir=cache, no_logo=True) == 0


if __name__ == "__main__":
    sys.exit(not all([kept(WITH_HINTS, hints=True), kept(WITHOUT_HINTS, hints=False)]))
