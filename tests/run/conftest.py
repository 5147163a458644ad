"""A whole toy study, run in one process."""

import pytest

from xaiplug.config import load
from xaiplug.kinds import Watcher
from xaiplug.run import execute

STUDY = """\
version: 1
name: toy
models: {small: {use: "toy_nets:small"}, other: {use: "toy_nets:small", params: {seed: 5}}}
data: {test: {use: "toy_nets:images", limit: 4}}
segmenters: {halves: toy-halves}
baselines: {zero: toy-constant, one: {use: toy-constant, params: {value: 1}}}
imputers: {fill: toy-fill}
explainers:
  g: toy-gradient
  ig: {use: toy-path, grid: {steps: [2, 4]}, baseline: one}
  occ: {use: toy-groups, baseline: zero}
  noise: toy-noise
metrics: {size: toy-size, inside: toy-inside, removing: {use: toy-removing, baseline: zero}, study: toy-study}
plugins: {files: [toy_plugin.py]}
"""


@pytest.fixture
def study():
    """The run file."""
    return STUDY


@pytest.fixture
def run(write):
    """Run a study with overrides; its outcome."""

    def ran(*settings, more="", study=STUDY):
        return execute(load(write(more, study), settings), Watcher())

    return ran


@pytest.fixture
def log(here, monkeypatch):
    """What the toys noted so far."""
    path = here / "log.txt"
    monkeypatch.setenv("TOY_LOG", str(path))
    return lambda: path.read_text().splitlines() if path.exists() else []
