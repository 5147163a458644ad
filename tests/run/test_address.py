"""What an address covers, and what it does not: two models that answer differently never share a cell."""

import ast
import re
import shutil
import sys
from pathlib import Path

import pytest
import torch

import xaiplug.run.key
from xaiplug.config import load
from xaiplug.kinds import Watcher
from xaiplug.registry import registry
from xaiplug.run import execute, key, read_plan
from xaiplug.run.address import address
from xaiplug.run.answers import DRAWS, Answers
from xaiplug.run.cells import Cell
from xaiplug.run.planfile import stale_in
from xaiplug.run.workspace import Workspace

ROOT = Path(__file__).resolve().parents[2]

NETS = """
import torch
from torch import nn

from mine_helpers import half

LEVEL = [1.0]


class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.register_buffer("shift", torch.tensor(1.0), persistent=False)
        self.scale = 1.0

    def forward(self, x):
        return half(x) * self.scale + self.shift


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.block = Block()
        generator = torch.Generator().manual_seed(0)
        self.last = nn.Linear(72, 3)
        with torch.no_grad():
            self.last.weight.copy_(torch.randn(3, 72, generator=generator))
            self.last.bias.zero_()
        self.level = lambda: LEVEL[0]

    def forward(self, x):
        return self.last(self.block(x).flatten(1)) * self.level()


class Other(nn.Module):
    pass


def net():
    return Net()
"""

STUDY = """\
version: 1
name: toy
models: {m: {use: "mine:net"}}
data: {test: {use: "toy_nets:images", limit: 4}}
explainers: {g: toy-gradient}
metrics: {size: toy-size}
plugins: {files: [toy_plugin.py]}
"""


@pytest.fixture
def run(here, write):
    """Run the study of networks that the test edits, as a new process would; its outcome."""
    (here / "mine.py").write_text(NETS)
    (here / "mine_helpers.py").write_text("def half(x):\n    return x / 2\n")
    sys.path.insert(0, str(here))
    path = write(study=STUDY)

    def ran(edit=None, *, file="mine.py", settings=(), anew=True):
        if edit is not None:
            text = (here / file).read_text()
            assert edit[0] in text
            (here / file).write_text(text.replace(*edit))
        for name in ("mine", "mine_helpers") if anew else ():
            sys.modules.pop(name, None)
        shutil.rmtree(here / "__pycache__", ignore_errors=True)
        return execute(load(path, settings), Watcher())

    yield ran
    for name in ("mine", "mine_helpers"):
        sys.modules.pop(name, None)


def told(outcome):
    return [str(stale) for stale in outcome.stale]


@pytest.mark.parametrize(
    ("edit", "file", "why"),
    [
        (("half(x) * self", "half(x) * 3 * self"), "mine.py", "network 'mine:Net' and network 'mine:Block'"),
        (("x / 2", "x / 4"), "mine_helpers.py", "network 'mine:Net' and network 'mine:Block'"),
        (("torch.tensor(1.0)", "torch.tensor(-3.0)"), "mine.py", "buffers of model 'm'"),
        (("self.scale = 1.0", "self.scale = 2.0"), "mine.py", "attributes of model 'm'"),
        (("manual_seed(0)", "manual_seed(1)"), "mine.py", "weights of model 'm'"),
    ],
    ids=["forward", "helper", "buffer", "attribute", "weights"],
)
def test_a_network_that_changed_is_explained_again(run, edit, file, why):
    assert run().done == 2
    again = run()
    assert (again.done, again.cached, again.stale) == (0, 2, ())
    changed = run(edit, file=file)
    assert (changed.done, changed.cached) == (2, 0)
    (stale,) = changed.stale
    assert stale.cells == 2
    assert why.split(" and ")[0] in str(stale)
    assert str(stale).endswith("changed: 2 cells")
    back = run(edit[::-1], file=file)
    assert (back.done, back.cached, back.stale) == (0, 2, ())


def test_a_process_that_loaded_what_was_there_before_computes_nothing(run, here):
    run()
    changed = run(("x / 2", "x / 4"), file="mine_helpers.py", anew=False)
    assert (changed.done, changed.blocked) == (0, 1)
    (failure,) = changed.failures
    assert failure.error.startswith(f"{here / 'mine_helpers.py'} changed after this process had loaded it; begin anew")
    assert run().done == 2


def test_answers_that_change_where_nothing_can_be_read_are_noticed(run, here, monkeypatch):
    """The level is in a list that a lambda closes over."""
    run()
    monkeypatch.setattr(xaiplug.run.workspace, "load_model", lambda *_, **__: xaiplug.Model(level(3.0)))
    changed = execute(load("run.yaml"), Watcher())
    assert changed.done == 2
    assert told(changed) == ["answers of model 'm' to data 'test' changed: 2 cells"]


def level(value):
    import mine

    mine.LEVEL[0] = value
    return mine.net()


def test_the_plan_says_what_is_stale_before_anything_runs(run, here):
    run()
    sys.modules.pop("mine")
    (here / "mine.py").write_text(NETS.replace("self.scale = 1.0", "self.scale = 5.0"))
    workspace = Workspace(load("run.yaml"))
    (stale,) = stale_in(workspace, xaiplug.run.plan_of(workspace.config, workspace))
    assert "attributes of model 'm'" in str(stale)
    assert stale.cells == 2


def test_parameters_say_their_names(run):
    run()
    assert told(run(settings=["explainers.g.params.factor=2"])) == ["factor of explainer 'g' changed: 2 cells"]
    run()
    assert told(run(settings=["data.test.limit=3"])) == [
        "samples of data 'test' and choice of data 'test' changed: 2 cells"
    ]


def test_what_no_number_depends_on_recomputes_nothing(run, here):
    run()
    (here / "runs" / "toy").rename(here / "moved")
    moved = run(settings=["outputs.dir=moved"])
    assert (moved.done, moved.cached) == (0, 2)
    text = (here / "run.yaml").read_text().replace("{m:", "{other: ").replace("g: toy", "other: toy")
    (here / "run.yaml").write_text(text)
    renamed = run(settings=["outputs.dir=moved"])
    assert (renamed.done, renamed.cached, renamed.stale) == (0, 2, ())


@pytest.mark.parametrize("part", ["source", "version", "torch"])
def test_an_id_covers_the_core_itself(run, monkeypatch, part):
    """Its source, its version and what it stands on: one of them changes, and no cell is what it was."""
    folder = run().folder
    before, mine = set(read_plan(folder)), dict(key.core())
    assert mine["source"]
    monkeypatch.setattr(key, "core", lambda: {**mine, part: "another"})
    again = run()
    assert (again.done, again.cached) == (len(before), 0)
    assert not before & set(read_plan(folder))
    (stale,) = again.stale
    assert str(stale) == f"xaiplug changed: {len(before)} cells"


def test_an_id_has_the_core_in_one_place(monkeypatch):
    """In the part that says why a cell is stale: an id that had it elsewhere too would hide that the part lost it."""
    one = key.cell_id("explain", [{"xaiplug": "a"}])
    monkeypatch.setattr(key, "core", lambda: {"source": "another"})
    assert key.cell_id("explain", [{"xaiplug": "a"}]) == one
    assert key.cell_id("explain", [{"xaiplug": "b"}]) != one


def test_the_cores_own_source_counts_and_what_shows_numbers_does_not(tmp_path):
    package = Path(xaiplug.__file__).parent
    assert key.core()["source"] == key.folder_source(package, key.DISPLAY), "it is installed to be edited here"
    copy = tmp_path / "xaiplug"
    shutil.copytree(package, copy, ignore=shutil.ignore_patterns("__pycache__"))
    before = key.folder_source(copy, key.DISPLAY)
    assert before == key.core()["source"]
    for counts in (
        *("api.py", "run/compute.py", "run/cell.py", "game/masked.py", "grad/paths.py", "model/adapter.py"),
        *("kinds/metric.py", "data/explanation.py", "calling/asking.py", "sources/models.py"),
    ):
        text = (copy / counts).read_text()
        (copy / counts).write_text(text + "\n# edited\n")
        assert key.folder_source(copy, key.DISPLAY) != before, counts
        (copy / counts).write_text(text)
    for shown in (
        *("view/report.py", "cli/run.py", "testing/__init__.py", "results.py", "comparison.py"),
        *("audit/verdicts.py", "claims/judge.py"),
    ):
        (copy / shown).write_text((copy / shown).read_text() + "\n# edited\n")
    (copy / "view" / "report.html.j2").write_text("")
    assert key.folder_source(copy, key.DISPLAY) == before


def test_what_is_left_out_is_what_lies_above_a_cell():
    """Each floor imports only what lies below it: a cell runs nothing of those above `run`. Wheels of views may."""
    text = (ROOT / ".ci" / "contracts.py").read_text()
    floors = ast.literal_eval(re.search(r"^FLOORS = (\[.*?^\])", text, re.DOTALL | re.MULTILINE)[1])
    above = {room for floor in floors[: floors.index("run")] for room in re.split(r" [:|] ", floor)}
    assert {name.removesuffix(".py") for name in key.ABOVE} == above
    rooms = "|".join(sorted(above - {"testing"}))  # a kit is imported by tests
    used = re.compile(rf"^\s*(?:from xaiplug\.(?:{rooms})\b|import xaiplug\.(?:{rooms})\b)", re.MULTILINE)
    of_cells = {entry.plugin.distribution.replace("-", "_") for entry in registry().entries if entry.kind != "view"}
    folders = [*ROOT.glob("plugins/*/xaiplug_*"), *ROOT.glob("trainers/xaiplug_*")]
    wheels = [path for folder in folders if folder.name in of_cells for path in folder.rglob("*.py")]
    assert len(wheels) > 100
    assert [str(path) for path in wheels if used.search(path.read_text())] == []


def test_last_bits_change_no_address(tmp_path):
    """Also where a value lies at the edge of rounding: the address holds what was seen first."""
    inputs = torch.eye(4)

    def answering(noise):
        net = torch.nn.Linear(4, 4, bias=False)
        with torch.no_grad():
            net.weight.copy_(torch.full((4, 4), 0.12345) + noise)
        return xaiplug.Model(net)

    first = Answers(tmp_path)
    kept = first.told(answering(0.0), "net", inputs)
    first.save()
    for noise in (1e-7, -1e-7, 1e-6, -1e-6):
        assert Answers(tmp_path).told(answering(noise), "net", inputs) == kept
    assert Answers(tmp_path).told(answering(1e-3), "net", inputs) != kept
    assert Answers(tmp_path).told(answering(0.0), "net", inputs * 2) != kept
    (tmp_path / "answers.json").write_text("[")
    assert Answers(tmp_path).told(answering(0.0), "net", inputs) == kept


def test_where_nothing_was_seen_nothing_is_written(tmp_path):
    Answers(tmp_path).save()
    assert not list(tmp_path.iterdir())


def test_a_network_that_draws_has_one_address(tmp_path):
    class Drawing(torch.nn.Module):
        calls = 0

        def forward(self, x):
            Drawing.calls += 1
            return x + Drawing.calls

    seen = Answers(tmp_path)
    assert seen.told(xaiplug.Model(Drawing()), "net", torch.eye(4)) == DRAWS
    assert seen.told(xaiplug.Model(Drawing()), "net", torch.eye(4)) == DRAWS


def test_every_wheel_stands_for_itself():
    wheels = [entry.plugin for entry in registry().entries if entry.plugin.distribution not in ("", "xaiplug")]
    names = sorted({plugin.name for plugin in wheels})[:3]
    if len(names) < 2:
        pytest.skip("fewer than two plug-ins are installed")
    assert len({key.wheel_of(name) for name in names}) == len(names)


def test_an_address_has_the_parts_that_its_kind_of_cell_reads(write):
    config = load(write())
    plan = read_plan(execute(config, Watcher()).folder)
    parts = {Cell.of(entry).kind: {*address(Workspace(config), Cell.of(entry), []).parts} for entry in plan.values()}
    assert parts == {
        "explain": {"explainer", "model", "answers", "data", "target", "xaiplug"},
        "score": {"metric", "scale", "xaiplug"},
    }
