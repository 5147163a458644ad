"""The run files of the paper are good, but for data that is not here; the table of stop steps reads what a run left."""

import runpy
import sys
from pathlib import Path

import pytest

from xaiplug.cli.progress import watcher
from xaiplug.config import load
from xaiplug.errors import ConfigError
from xaiplug.run import execute

MISSING = ("no file or folder", "no folder", "is not there")
FOLDER = Path(__file__).parents[1] / "experiments"
FILES = sorted(FOLDER.glob("*.yaml"))

RUN = """
version: 1
name: steps
models: {net: {use: "steps_nets:net"}}
data: {some: {use: "steps_nets:some"}}
segmenters: {cells: {use: grid, params: {patch: 4}}}
baselines: {black: {use: black}}
imputers: {black: {use: baseline}}
explainers:
  insertion: {use: moxi, params: {stop: first-correct}}
  other: {use: moxi, params: {mode: deletion, class_discriminative: true}, target: 1}
metrics: {first-correct: {use: first-correct, segmenter: cells}}
"""
NETS = """
import torch
from xaiplug import Samples

torch.manual_seed(0)
net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 3))
some = Samples(torch.rand(4, 1, 8, 8), torch.zeros(4, dtype=torch.int64), None, ("a", "b", "c", "d"))
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_run_files(path):
    try:
        load(path)
    except ConfigError as error:
        wrong = [line for line in str(error).splitlines() if not any(text in line for text in MISSING)]
        assert not wrong, wrong


def test_table_of_stop_steps(tmp_path, monkeypatch, capsys):
    (tmp_path / "steps_nets.py").write_text(NETS)
    (tmp_path / "run.yaml").write_text(RUN)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    outcome = execute(load(tmp_path / "run.yaml"), watcher())
    assert outcome.ok
    monkeypatch.setattr(sys, "argv", ["steps.py", str(outcome.folder)])
    capsys.readouterr()
    runpy.run_path(str(FOLDER / "steps.py"), run_name="__main__")
    printed = capsys.readouterr().out.splitlines()
    assert printed[2].startswith("| insertion | first-correct | ")
    assert printed[2].endswith("| 4 |")
    assert any(line.startswith("other: the class came to lead in ") for line in printed)
