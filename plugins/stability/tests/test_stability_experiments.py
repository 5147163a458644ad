"""The run file of the README is good."""

from pathlib import Path

from xaiplug.config import load


def test_run_file_is_good():
    assert load(Path(__file__).parents[1] / "experiments" / "split-cifar.yaml").file.name == "split-cifar"
