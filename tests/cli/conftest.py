"""A folder with the toy plug-in, as the working directory."""

import shutil
import sys
from pathlib import Path

import pytest
import torch

from xaiplug import registry

torch.set_num_threads(1)  # the toys are too small for more

TOYS = Path(__file__).parents[1] / "run"

STUDY = """\
version: 1
name: toy
models:
  small: {use: "toy_nets:small"}
data:
  test: {use: "toy_nets:images", limit: 4}
explainers:
  g: {use: toy-gradient}
metrics:
  size: {use: toy-size}
plugins: {files: [toy_plugin.py]}
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    """The working directory, with the toys in it; the process's registry and import path come back afterwards."""
    for toy in ("toy_plugin.py", "toy_nets.py"):
        shutil.copy(TOYS / toy, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XAIPLUG_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(registry, "_current", None)
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.delitem(sys.modules, "toy_nets", raising=False)
    return tmp_path


@pytest.fixture
def write(here):
    """Write a run file (default: the smallest study) with more lines below it; its path."""

    def written(more="", study=STUDY, name="run.yaml"):
        path = here / name
        path.write_text(study + more)
        return Path(name)

    return written
