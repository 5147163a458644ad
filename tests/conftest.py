"""Small networks, components with known answers, and a toy study, shared by the core's tests."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import nn

from xaiplug import registry

MINE = '''
from typing import Annotated

import torch
from annotated_types import Ge

import xaiplug


class GradTimesInput(xaiplug.Explainer):
    """Gradient of the target score, times the input's distance from the baseline."""

    needs = ("baseline",)
    steps: Annotated[int, Ge(1)] = 5
    """A number that changes nothing."""

    def explain(self, query):
        return query.gradient(query.inputs) * (query.inputs - query.baseline[0])


class Wrap(xaiplug.Explainer):
    """Whatever its base says."""

    needs = ("baseline",)
    base: xaiplug.Use[xaiplug.Explainer] = xaiplug.use("mine", steps=3)
    """The explainer inside."""

    def explain(self, query):
        return self.base.explain(query)


class Black(xaiplug.Baseline):
    """Zeros."""

    def build(self, query):
        return torch.zeros_like(query.inputs)[None]


@xaiplug.hookimpl
def xaiplug_explainers():
    return [xaiplug.Spec("mine", GradTimesInput, "Mine."), xaiplug.Spec("wrap", Wrap, "A wrapper.")]


@xaiplug.hookimpl
def xaiplug_baselines():
    return [xaiplug.Spec("zeros", Black, "Zeros.")]
'''


@pytest.fixture
def mine(tmp_path: Path) -> Iterator[registry.Registry]:
    """A registry that also has a local plug-in file with the explainers `mine` and `wrap`, and the baseline `zeros`."""
    path = tmp_path / "mine.py"
    path.write_text(MINE)
    before = registry._current
    yield registry.configure(files=[path])
    registry._current = before


@pytest.fixture
def small_cnn() -> nn.Module:
    """3 channels, any size, 5 classes; biases everywhere, an in-place ReLU, in training mode."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(
            nn.Conv2d(3, 4, 3),
            nn.ReLU(inplace=True),
            nn.AdaptiveAvgPool2d(2),
            nn.Flatten(),
            nn.Linear(16, 5),
        )


@pytest.fixture
def images() -> torch.Tensor:
    """(3,3,12,12) in [0,1]."""
    return torch.rand(3, 3, 12, 12, generator=torch.Generator().manual_seed(1))


TOYS = Path(__file__).parent / "run"

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
