"""What the races gave, as JSON that a later call goes on from, and as a page."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import torch

from benchmarks.peers.race import Row

HEAD = """# Beside what you would pick instead

`make bench` writes this page. Processor seconds, one thread, medians of paired rounds in turns; `ours / peer` below 1
means that ours is faster, with a 95 % interval of the median. A peer runs at the best of the settings that were tried.
Only works whose outputs are equal are raced; for the others the largest difference is told, and no time. `of the bare`
is the time of the passes alone, in ready-made batches, over ours. Weights and images are drawn.
"""


def machine() -> str:
    """Where it ran, in words."""
    names = {line.partition(":")[2].strip() for line in _cpuinfo() if line.startswith("model name")}
    return f"{', '.join(sorted(names)) or platform.machine()}, {os.cpu_count()} cores, torch {torch.__version__}"


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text().splitlines() if path.is_file() else []


def read(path: Path) -> dict[str, Any]:
    """Races by name, each with its row, date and machine; what is no file has none."""
    return json.loads(path.read_text()) if path.is_file() else {}


def keep(path: Path, name: str, row: Row, rounds: int) -> None:
    """Add one race to the file, at once, so that a stopped run is not lost."""
    found = read(path)
    found[name] = {**row.as_dict(), "rounds": rounds, "date": date.today().isoformat(), "machine": machine()}
    path.write_text(json.dumps(found, indent=1) + "\n")


def page(path: Path, found: dict[str, dict[str, object]]) -> None:
    """Write the page."""
    raced = [row for row in found.values() if row["equal"]]
    others = [row for row in found.values() if not row["equal"]]
    where = sorted({f"{row['date']}, {row['machine']}, {row['rounds']} rounds" for row in found.values()})
    lines = [HEAD, *(f"Measured {told}.  " for told in where), ""]
    lines += _table(
        ("work", "network", "images", "peer", "its best setting", "ours, ms", "ours / peer", "of the bare", "apart"),
        [
            (
                *(
                    row["work"],
                    row["network"],
                    row["images"],
                    f"{row['peer']} {row['version']}",
                    row["setting"] or "as it comes",
                ),
                f"{1000 * row['ours']:.4g}",
                f"{row['ratio']:.2f} [{row['low']:.2f}, {row['high']:.2f}]",
                "" if row["bare"] is None else f"{row['bare']:.2f}",
                f"{row['apart']:.0e}",
            )
            for row in raced
        ],
    )
    slower = [row for row in raced if row["low"] > 1]
    lines += ["", f"Ours is slower, whole interval above 1, in {len(slower)} of {len(raced)} races."]
    if others:
        lines += ["", "## No races: outputs differ", ""]
        lines += _table(
            ("work", "network", "peer", "apart, of the largest number"),
            [(r["work"], r["network"], f"{r['peer']} {r['version']}", f"{r['apart']:.2g}") for r in others],
        )
    lines += _memory(read(path.parents[2] / "benchmarks" / "peers" / "memory.json"))
    path.write_text("\n".join(lines) + "\n")


def _memory(kept: Mapping[str, Any]) -> list[str]:
    """What `benchmarks.peers.memory` found, if it was run."""
    if not kept:
        return []
    ours, theirs = (f"{kept[who] / 2**20:.0f} MiB" for who in ("ours", "captum"))
    told = f"16 images at 224 pixels, 200 steps, a network of one strided convolution: ours {ours}, captum {theirs}"
    return ["", "## Most memory of integrated gradients", "", f"{told} ({kept['setting']}, which needs least)."]


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> list[str]:
    return [f"| {' | '.join(map(str, line))} |" for line in (heads, ["---"] * len(heads), *rows)]
