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

    def finished(name, text):
        Path(f"{name}.yaml").write_text(text.replace("small", name))
        return script.Board(Store(execute(load(f"{name}.yaml"), Watcher()).folder))

    return finished


def test_the_best_is_on_top_and_the_rest_is_written(script, board, tmp_path):
    of_planted = STUDY.replace("linear: {use", "decoy: {use").replace("product: {use", "set-sum: {use")
    of_planted = of_planted.replace("[linear]", "[decoy]").replace("[product]", "[set-sum]")
    trained = board("planted", of_planted.replace("share: share-agreement, order: order-", "sign: sign-"))
    board = board("small", STUDY)
    page = script.leaderboard(board, trained)
    lines = [line for line in page.splitlines() if line.startswith("| [")]
    assert lines[-1].startswith("| [random]")
    assert lines[0].startswith("| [shapley-sampling]")
    assert "| gini |" in page
    table = page.partition("## Networks that were trained")[2].splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table if line.startswith("|")]
    assert rows[0] == ["method", "decoy", "patch", "blend", "mark", "set-sum: sign"]
    assert [row[0] for row in rows[2:5]][-1] == "random"
    assert rows[2][1] == "1.00"
    assert rows[2][2] == "-"
    card = script.card(board, "gradient", kit=False)
    assert "**Needs** nothing but the model" in card
    assert "| linear | 1.00 (1) |" in card
    script.picture(board, tmp_path / "p.svg")
    assert "shapley-sampling" in (tmp_path / "p.svg").read_text()


@pytest.mark.parametrize(
    ("name", "methods", "metrics"), [("leaderboard", 28, 10), ("trained", 32, 8), ("audit", 30, 25)]
)
def test_its_run_files_are_sound(name, methods, metrics):
    variants = load(SCRIPT.with_name(f"{name}.yaml")).variants
    assert (len(variants["explainers"]), len(variants["metrics"])) == (methods, metrics)
