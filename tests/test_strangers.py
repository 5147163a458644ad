"""A wheel of somebody else (`strangers/wild`), installed: what it offers is used as if it were ours."""

import json
import sys
from pathlib import Path

import pytest
import torch
import yaml

import xaiplug
from xaiplug import registry
from xaiplug.cli import main
from xaiplug.errors import DataError, ModelError
from xaiplug.kinds.task import BoundTask
from xaiplug.testing import check_plugin

STRANGERS = Path(__file__).parent / "strangers"


@pytest.fixture
def install(here, monkeypatch):
    """Put the wheel `wild` where Python finds it, with entry points; it is gone afterwards."""

    def installed(points="[xaiplug]\nwild = wild\n"):
        about = here / "wild-1.0.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: wild\nVersion: 1.0\n")
        (about / "entry_points.txt").write_text(points)
        for folder in (STRANGERS, here):
            monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", f"{here}:{STRANGERS}")
        monkeypatch.setattr(registry, "_current", None)

    yield installed
    for name in [name for name in sys.modules if name.partition(".")[0] == "wild"]:
        del sys.modules[name]


@pytest.fixture
def wild(install):
    install()


def test_its_models_load_by_their_scheme_and_are_the_same_each_time(wild):
    torch.manual_seed(1)
    state = torch.get_rng_state()
    first = xaiplug.load_model("zoo:mouse", classes=3)
    assert torch.equal(torch.get_rng_state(), state)
    torch.manual_seed(2)
    assert xaiplug.load_model("zoo:mouse", classes=3).fingerprint() == first.fingerprint()
    assert first(torch.zeros(2, 1, 8, 8)).shape == (2, 3)
    with pytest.raises(ModelError, match="no animal 'unicorn'"):
        xaiplug.load_model("zoo:unicorn")


def test_its_data_load_by_their_scheme(wild):
    samples = xaiplug.load_data("savanna:dots", split="night", limit=3)
    assert samples.ids == ("1-0", "1-1", "1-2")
    with pytest.raises(DataError, match="no split 'noon'"):
        xaiplug.load_data("savanna:dots", split="noon")


def test_its_task_is_trained_and_its_own_networks_are_trusted(wild):
    model, test = xaiplug.load_model("task:spots"), xaiplug.load_data("task:spots")
    assert bool((model(test.inputs).argmax(1) == test.labels).all())
    again = BoundTask(registry.resolve("task", "spots"), {"count": 20}).refit(test[:10], seed=0)
    assert type(again.network).__name__ == "Brightest"


@pytest.mark.parametrize(
    ("named", "message"),
    [("os:system", "would import os; if you trust it"), ("wild.task:fitted", "which is no class of networks")],
)
def test_an_export_in_the_cache_may_name_no_foreign_code_and_no_function(wild, named, message):
    exported = registry.resolve("task", "spots").trained()
    card = yaml.safe_load(exported.read_text())
    exported.write_text(yaml.safe_dump(card | {"module": named, "kwargs": {}}))
    with pytest.raises(DataError, match=message):
        xaiplug.load_model("task:spots")


def test_an_export_of_its_own_is_read_as_a_file_where_it_is_trusted(wild):
    exported = registry.resolve("task", "spots").trained()
    with pytest.raises(DataError, match=r"would import wild\.task"):
        xaiplug.load_model(f"file:{exported}")
    assert xaiplug.load_model(f"file:{exported}", trust=True).name == "spots"


def test_all_that_it_offers_keeps_the_contract(wild):
    report = check_plugin("wild")
    assert report.ok, "\n".join(report.lines())
    assert {outcome.check for outcome in report.outcomes} >= {
        "model-source zoo",
        "data-source savanna",
        "task spots",
        "view tally",
    }


def test_it_is_listed(wild, capsys):
    with pytest.raises(SystemExit):
        main(["list", "--json"])
    mine = [one for one in json.loads(capsys.readouterr().out) if one["plugin"] == "wild"]
    assert [(one["kind"], one["name"]) for one in mine] == [
        ("model-source", "zoo"),
        ("data-source", "savanna"),
        ("task", "spots"),
        ("view", "tally"),
    ]
    assert {one["summary"] for one in mine} >= {"Is there a dot?", "Images with and without a dot, `savanna:dots`."}


STUDY = """\
version: 1
name: safari
models:
  mouse: {use: "zoo:mouse"}
  spotter: {use: "task:spots", params: {count: 20}}
data:
  dots: {use: "savanna:dots", split: night, limit: 4}
  spots: {use: "task:spots", split: test, limit: 4}
explainers: {g: {use: toy-gradient}}
metrics: {size: toy-size, inside: toy-inside, again: toy-retrained}
runs:
  - {metrics: [size, inside]}
  - {models: spotter, data: spots}
views: [tally, html]
plugins: {files: [toy_plugin.py]}
"""


def run(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main([*arguments, "--json"])
    out = capsys.readouterr()
    assert not end.value.code, out.out + out.err
    return json.loads(out.out)


def test_a_run_uses_all_of_it_and_is_finished_once(wild, write, capsys):
    file = str(write(study=STUDY))
    done = run(capsys, "run", file)
    assert done["cells"]["failed"] == done["cells"]["blocked"] == 0
    assert [Path(path).name for path in done["views"]] == ["tally.txt", "report.html"]
    assert Path(done["views"][0]).read_text() == "again: 2\ninside: 16\nsize: 16\n"
    torch.manual_seed(7)  # untrained weights do not follow it: nothing is computed again
    assert run(capsys, "run", file)["cells"] == {"done": 0, "cached": done["cells"]["done"], "failed": 0, "blocked": 0}


def test_a_task_of_the_former_group_works_and_warns(install):
    install("[xaiplug.tasks]\nold-spots = wild.task:old_spots\n")
    with pytest.warns(Warning, match="the next version does not read; use the hook xaiplug_tasks"):
        model, test = xaiplug.load_model("task:old-spots"), xaiplug.load_data("task:old-spots", limit=6)
    assert bool((model(test.inputs).argmax(1) == test.labels).all())
