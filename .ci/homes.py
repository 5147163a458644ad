"""Write `xaiplug/registry/homes.json`: which wheel of this repository offers which name. `make homes` runs it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from xaiplug.registry import Registry, discover

FILE = Path(__file__).resolve().parents[1] / "xaiplug" / "registry" / "homes.json"


def homes(found: Registry) -> str:
    """Kind -> plug-in -> names, of what our wheels offer; as JSON."""
    table: dict[str, dict[str, list[str]]] = {}
    for entry in sorted(found.entries, key=lambda e: (e.kind, e.plugin.name, e.spec.name)):
        if entry.plugin.distribution.startswith("xaiplug-"):
            table.setdefault(entry.kind, {}).setdefault(entry.plugin.name, []).append(entry.spec.name)
    return json.dumps(table, indent=1) + "\n"


if __name__ == "__main__":
    found = discover()
    if found.failures:
        sys.exit(f"not written: {', '.join(plugin.name for plugin in found.failures)} failed to load")
    FILE.write_text(homes(found), encoding="utf-8")
    print(f"{FILE}: written")
