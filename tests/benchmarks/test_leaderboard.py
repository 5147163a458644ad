"""The leaderboard's page and cards, from a small run."""

import importlib.util
import sys
from pathlib import Path

import pytest

from xaiplug.config import load
from xaiplug.kinds import Watcher
from xaiplug.run import execute
from xaiplug.run.store import Store

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "leaderboard.py"
STUDY = """\
version: 1
name: small
models: {linear: {use: "truth:linear"}, product: {use: "truth:product"}}
data: {linear: {use: "truth:linear", limit: 4}, product: {use: "truth:product", limit: 4}}
segmenters: {patches: {use: grid, params: {patch: 4}}}
explainers: {gradient: gradient, random: random, shapley-sampling: {use: shapley-sampling, params: {orders: 4}}}
metrics: {where: relevance-mass, share: share-agreement, order: order-agreement, gini: gini}
runs: [{models: [linear], data: [linear]}, {models: [product], data: [product]}]
"""


@pytest.fixture
def script():
    spec = importlib.util.spec_from_file_location("leaderboard", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["leaderboard"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["leaderboard"]


@pytest.fixture
def board(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.yaml").write_text(STUDY)
    return script.Board(Store(execute(load("small.yaml"), Watcher()).folder))


def test_the_best_is_on_top_and_the_rest_is_written(script, board, tmp_path):
    page = script.leaderboard(board)
    lines = [line for line in page.splitlines() if line.startswith("| [")]
    assert lines[-1].startswith("| [random]")
    assert lines[0].startswith("| [shapley-sampling]")
    assert "| gini |" in page
    card = script.card(board, "gradient", kit=False)
    assert "**Needs** nothing but the model" in card
    assert "| linear | 1.00 (1) |" in card
    script.picture(board, tmp_path / "p.svg")
    assert "shapley-sampling" in (tmp_path / "p.svg").read_text()


def test_its_run_file_is_sound():
    assert len(load(SCRIPT.with_suffix(".yaml")).variants["explainers"]) == 24
