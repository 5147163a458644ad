"""SIGKILL at any moment loses nothing."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from xaiplug.config import load
from xaiplug.kinds import Watcher
from xaiplug.run import execute, key

KILLER = Path(__file__).with_name("killer.py")

FACTORS = [float(factor) for factor in range(1, 51)]
"""One cell each. At half a second a cell they take 25 s however fast the machine is, and ten starts of up to 2 s take
20 s at most: no start reaches the end before it is killed."""

STUDY = f"""\
version: 1
name: toy
seeds: [0, 1]
models: {{small: {{use: "toy_nets:small"}}}}
data: {{test: {{use: "toy_nets:images", limit: 4}}}}
segmenters: {{halves: toy-halves}}
baselines: {{zero: toy-constant}}
imputers: {{fill: toy-fill}}
explainers: {{g: {{use: toy-gradient, grid: {{factor: {FACTORS}}}}}, occ: toy-groups, noise: toy-noise}}
metrics: {{size: toy-size, removing: toy-removing}}
plugins: {{files: [toy_plugin.py]}}
"""


def killed(here, pause, *how):
    """Run the killer on toys that take `pause` seconds each; whether each start was killed before its end."""
    environment = os.environ | {"TOY_LOG": str(here / "log.txt"), "TOY_SLEEP": pause}
    command = [sys.executable, str(KILLER), "run.yaml", *how]
    done = subprocess.run(command, env=environment, cwd=here, capture_output=True, text=True, check=True, timeout=300)
    return [line == "True" for line in done.stdout.splitlines() if line in ("True", "False")]


def finished(folder):
    """Finished cells and when they were written."""
    return {cell.name: cell.stat().st_mtime_ns for cell in (folder / "cells").iterdir() if cell.name[0] != "."}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kills", "how"),
    [(3, ("0.1", "after", "1", "4", "9")), (10, ("0.5", "within", "10", "2.0"))],
    ids=["three", "ten"],
)
def test_a_killed_run_goes_on_where_it_stopped(write, here, kills, how, monkeypatch):
    monkeypatch.setattr(key, "core", dict)  # as the killer does
    config = load(write(study=STUDY), ["outputs.dir=runs/whole"])
    whole = execute(config, Watcher())
    (here / "cache" / "segments").rename(here / "cache" / "elsewhere")
    assert killed(here, *how) == [True] * kills
    folder = here / "runs" / "toy"
    before = finished(folder)
    assert 0 < len(before) <= len(finished(whole.folder))
    again = execute(load(Path("run.yaml")), Watcher())
    assert again.cached == len(before)
    after = finished(folder)
    assert {cell: after[cell] for cell in before} == before
    assert again.results.read_bytes() == whole.results.read_bytes()
    assert not [left for left in (folder / "cells").iterdir() if left.name.startswith(".")]
