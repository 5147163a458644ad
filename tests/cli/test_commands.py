"""The commands, their output and their exit codes."""

import json
import signal
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from types import SimpleNamespace

import pytest

from xaiplug import registry
from xaiplug.cli import main


@pytest.fixture
def xaiplug(here, capsys):
    """Run a command; its exit code, stdout and stderr."""

    def ran(*arguments):
        capsys.readouterr()
        with pytest.raises(SystemExit) as end:
            main([str(argument) for argument in arguments])
        out, err = capsys.readouterr()
        return SimpleNamespace(code=end.value.code or 0, out=out, err=err, lines=out.splitlines())

    return ran


@pytest.fixture
def toys(here):
    return registry.configure(only=["toy_plugin"], files=["toy_plugin.py"])


def test_list_is_one_record_a_line(xaiplug, toys):
    done = xaiplug("list")
    assert done.code == 0
    records = [line.split("\t") for line in done.lines]
    assert all(len(record) == 7 for record in records)
    assert records[1][:3] == ["explainer", "toy-gradient", "toy_plugin"]
    assert "\x1b" not in done.out


def test_list_json_is_one_array_of_objects(xaiplug, toys):
    records = json.loads(xaiplug("list", "metrics", "--json").out)
    assert {record["kind"] for record in records} == {"metric"}
    assert set(records[0]) >= {"kind", "name", "plugin", "distribution", "version", "summary", "error"}


def test_list_shows_what_failed(xaiplug, here):
    (here / "bad.py").write_text("raise RuntimeError('no\\ngood')\n")
    registry.configure(only=["bad"], files=["bad.py"])
    line = xaiplug("list").lines[-1]
    assert line.split("\t")[:2] == ["plugin", "bad"]
    assert line.endswith("RuntimeError: no good")
    assert xaiplug("list", "plugins").lines == [line]
    records = json.loads(xaiplug("list", "--json").out)
    assert {record["plugin"] for record in records[:-1]} == {"xaiplug"}
    assert (records[-1]["kind"], records[-1]["error"]) == ("plugin", "RuntimeError: no\ngood")


def test_list_one_component(xaiplug, toys):
    done = xaiplug("list", "explainers", "toy-path")
    assert "field\tsteps\tint >= 1\t4\tPoints on the path." in done.lines
    assert "needs\tbaseline" in done.lines
    (record,) = json.loads(xaiplug("list", "explainer", "toy-wrapper", "--json").out)
    assert record["fields"][0]["default"] == "toy-gradient"
    assert record["needs"] == "depends on its fields"
    (record,) = json.loads(xaiplug("list", "explainers", "toy-gradient", "--json").out)
    assert "On toys" in record["paper"]["bibtex"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["list", "explaners"], "unknown kind 'explaners'; did you mean 'explainers'?"),
        (["list", "explainers", "toy-pth"], "unknown explainer 'toy-pth'; did you mean 'toy-path'?"),
        (["list", "explainers", "ig2"], "explainer 'ig2': plug-in 'ig2' is disabled"),
        (["validate", "nothing.yaml"], "nothing.yaml: cannot be read: No such file"),
        (["run", "nothing.yaml"], "nothing.yaml: cannot be read: No such file"),
        (["report", "nothing"], "nothing was run in nothing"),
        (["check"], "say which: xaiplug check NAME"),
        (["check", "toy-pth"], "nothing is called 'toy-pth'; did you mean 'toy-path'?"),
        (["train", "no-such-task"], "unknown task 'no-such-task'"),
        (["new-plugin", "My Method"], "'My Method' is no plug-in name: small letters, digits and single dashes, as in"),
        (["new-plugin", "gradient"], "explainer 'gradient' is offered by captum"),
        (["new-plugin", "x", "--kind", "explaner"], "unknown kind 'explaner'; did you mean 'explainer'?"),
    ],
)
def test_bad_usage_is_one_message_and_2(xaiplug, toys, arguments, message):
    done = xaiplug(*arguments)
    assert done.code == 2
    assert message in done.err
    assert "Traceback" not in done.err
    assert not done.out
    assert not Path("runs").exists()


def test_unknown_commands_and_options_are_2(xaiplug):
    assert xaiplug("rn").code == 2
    assert xaiplug("run", "--sett").code == 2


def test_validate_and_plan(xaiplug, write):
    path = write("seeds: [0, 1]\n")
    assert "good (1 models, 1 data sets, 1 explainers, 1 metrics, 2 seeds)" in xaiplug("validate", path).out
    done = xaiplug("plan", path)
    assert [line.split("\t")[0] for line in done.lines] == ["explain", "score"] * 2
    planned = json.loads(xaiplug("plan", path, "--json").out)
    assert [cell["seed"] for cell in planned["cells"]] == [0, 0, 1, 1]
    assert not Path("runs").exists()
    path.write_text(path.read_text().replace("limit", "limt").replace("name: toy", "name: a/b"))
    done = xaiplug("validate", path)
    assert done.code == 2
    assert [line.split(" ")[0] for line in done.err.splitlines()] == ["run.yaml:2:1:", "run.yaml:6:34:"]


def test_run_status_report(xaiplug, write):
    path = write()
    status = json.loads(xaiplug("status", path, "--json").out)
    assert status["cells"] == {"done": 0, "failed": 0, "missing": 0}
    assert "nothing was run" in status["note"]
    done = xaiplug("run", path)
    assert done.code == 0
    assert done.lines[0] == "explainer\tsize"
    assert done.lines[1].startswith("g\t")
    assert done.lines[-1] == f"report: {Path.cwd() / 'runs/toy/report.html'}"
    assert "2 cells done, 0 were there, 0 failed" in done.err
    again = json.loads(xaiplug("run", path, "--json").out)
    assert again["cells"] == {"done": 0, "cached": 2, "failed": 0, "blocked": 0}
    assert Path(again["results"]).is_file()
    report = Path(again["report"])
    report.unlink()
    assert xaiplug("report", path).code == 0
    assert report.is_file()
    assert xaiplug("report", "runs/toy").code == 0
    status = json.loads(xaiplug("status", path, "--json").out)
    assert status["kinds"]["done"] == {"explain": 1, "score": 1}
    assert "has changed since" in xaiplug("status", path, "--set", "explainers.g.params.factor=2").err


def test_compare(xaiplug, write):
    path = write()
    path.write_text(path.read_text().replace("g: {use", "twice: {use: toy-gradient, params: {factor: 2.0}}\n  g: {use"))
    assert xaiplug("run", path).code == 0
    lines = xaiplug("compare", path, "--against", "g").lines
    assert lines == xaiplug("compare", "runs/toy", "--pair", "twice:g", "--metric", "size").lines
    assert lines[4].startswith("| twice | ")
    for wrong, message in [
        ([], "give --against METHOD"),
        (["--pair", "g"], "with a colon"),
        (["--against", "gg"], "did you mean 'g'"),
    ]:
        done = xaiplug("compare", path, *wrong)
        assert done.code == 2
        assert message in done.err


def test_a_failed_cell_is_1_and_told_once(xaiplug, write):
    path = write()
    path.write_text(path.read_text().replace("{use: toy-gradient}", "toy-gradient\n  bad: toy-broken"))
    done = xaiplug("run", path, "--set", "seeds=[0, 1]")
    assert done.code == 1
    failed = [line for line in done.err.splitlines() if line.startswith("failed:")]
    assert failed == [
        "failed: explain small test bad seed=0 and 1 more: RuntimeError: the toy is broken (2 cells wait for it)"
    ]
    assert done.lines[0] == "explainer\tsize"
    assert json.loads(xaiplug("run", path, "--set", "seeds=[0, 1]", "--json").out)["cells"]["failed"] == 2
    assert "failed\texplain small test bad seed=0\tRuntimeError: the toy is broken" in xaiplug("status", path).out


def test_an_interrupt_is_130(xaiplug, write, monkeypatch):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    path = write()
    import_module("xaiplug.run.job")
    monkeypatch.setattr(sys.modules["xaiplug.run.job"], "run_cell", interrupted)
    done = xaiplug("run", path)
    assert done.code == 130
    assert "interrupted" in done.err


def test_being_told_to_end_is_143(xaiplug, write, monkeypatch):
    before = signal.getsignal(signal.SIGTERM)
    import_module("xaiplug.run.job")
    monkeypatch.setattr(
        sys.modules["xaiplug.run.job"], "run_cell", lambda *_, **__: signal.raise_signal(signal.SIGTERM)
    )
    done = xaiplug("run", write())
    assert done.code == 143
    assert "terminated; what is finished is kept, the same command goes on from there" in done.err
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_device_that_is_not_there_is_one_line_and_2(xaiplug, write, monkeypatch):
    path = write()
    for name in ("nope", "cuda:99"):
        monkeypatch.setenv("XAIPLUG_DEVICE", name)
        done = xaiplug("run", path)
        assert done.code == 2
        assert done.err.splitlines() == [done.err.strip()]
        assert f"XAIPLUG_DEVICE={name}: no such device on this machine; there is 'cpu'" in done.err
        assert not Path("runs").exists()


def test_stale_and_damaged_cells_are_told(xaiplug, write):
    path = write()
    xaiplug("run", path)
    changed = ("--set", "explainers.g.params.factor=3")
    assert xaiplug("plan", path, *changed).lines[-1] == "stale\tfactor of explainer 'g' changed\t2"
    assert json.loads(xaiplug("plan", path, *changed, "--json").out)["stale"][0]["cells"] == 2
    assert "stale: factor of explainer 'g' changed: 2 cells" in xaiplug("run", path, *changed).err
    for scores in Path("runs/toy/cells").glob("score-*/scores.parquet"):
        scores.write_bytes(b"")
    done = xaiplug("report", path)
    assert done.code == 2
    assert "scores.parquet is not what was written; moved to" in done.err
    assert "Traceback" not in done.err
    assert xaiplug("run", path, *changed).code == 0


class Fake:
    name, summary, splits = "fake", "A task.", ("train", "test")

    def __init__(self):
        self.calls = []

    def folds(self, *, folds=2):
        return folds

    def train(self, output, arguments=(), *, fold=None, **params):
        self.calls.append((str(output), list(arguments), fold, *params.items()))
        return output / "model.yaml"


def test_train_lists_its_tasks_and_the_options_of_lightning(xaiplug):
    registry.configure(only=["trainers"])
    listed = xaiplug("train", "--list")
    assert (listed.code, listed.out) == (0, xaiplug("list", "tasks").out)
    assert "which task? xaiplug train --list" in xaiplug("train").err
    shown = xaiplug("train", "decoy-mnist", "--", "--help")
    assert shown.code == 0
    for option in ("--trainer.max_epochs", "--model.network", "--data.num_workers", "--export {last,best}"):
        assert option in shown.out
    assert "--optimizer " not in shown.out  # the model has one of its own
    assert not Path("runs").exists()


def test_train_hands_the_rest_to_the_task(xaiplug, monkeypatch):
    fake = Fake()
    monkeypatch.setattr("xaiplug.sources.tasks.task_of", lambda name: fake)
    done = xaiplug("train", "fake", "--trainer.max_epochs=3", "--config", "my.yaml", "--fold", "1")
    assert done.code == 0
    assert fake.calls == [("runs/train/fake", ["--trainer.max_epochs=3", "--config", "my.yaml"], 1)]
    assert done.lines == ["model: runs/train/fake/model.yaml"]
    fake.calls.clear()
    assert xaiplug("train", "fake", "--output", "out", "--all-folds").code == 0
    assert [call[0] for call in fake.calls] == ["out/fold-0", "out/fold-1"]
    assert "there is no fold 2" in xaiplug("train", "fake", "--fold", "2").err
    assert xaiplug("train", "fake", "--fold", "0", "--all-folds").code == 2
    fake.calls.clear()
    assert xaiplug("train", "fake", "--output", "out", "--set", "folds=3", "--all-folds").code == 0
    assert fake.calls == [(f"out/fold-{fold}", [], fold, ("folds", 3)) for fold in range(3)]
    assert "--set folds: expected name=value" in xaiplug("train", "fake", "--set", "folds").err


def test_check_says_what_is_violated_with_1(xaiplug, toys):
    done = xaiplug("check", "toy-gradient")
    assert done.code == 0, done.out
    assert "toy-gradient" in done.lines[0]
    done = xaiplug("check", "toy-broken")
    assert done.code == 1
    assert "the toy is broken" in done.out


def test_the_command_is_installed():
    script = Path(sys.executable).with_name("xaiplug")
    done = subprocess.run([script, "--version"], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "0.1.0"


def test_audit(xaiplug, write):
    path = write()
    more = "twice: {use: toy-gradient, params: {factor: 2.0}}\n  g: {use"
    text = path.read_text().replace("g: {use", more).replace("size: {use", "inside: {use: toy-inside}\n  size: {use")
    path.write_text(text)
    assert "nothing was run" in xaiplug("audit", path, "--budget", "0").err
    assert xaiplug("run", path).code == 0
    done = xaiplug("audit", path, "--json", "--budget", "0")
    assert done.code == 0
    found = json.loads(done.out)
    assert set(found) >= {"rankings", "metrics", "verdicts", "sight", "notes"}
    assert all({"claim", "verdict", "difference", "interval", "flips"} <= set(one) for one in found["verdicts"])
    assert xaiplug("audit", "runs/toy", "--markdown").out.startswith("## ")
    assert xaiplug("audit", "runs/toy", "--csv").lines[0].startswith("model,data,metric")
    assert "one of --json" in xaiplug("audit", path, "--csv", "--json").err
    assert "expected a time" in xaiplug("audit", path, "--budget", "soon").err
    varied = xaiplug("audit", path, "--json", "--budget", "1h", "--set", "seeds=[3]")
    assert "1:00:00, choice 1 of" in varied.err
    assert {"seed=4", "seed=5"} <= set(json.loads(varied.out)["rankings"][0]["choices"])
    assert (Path("runs/toy-audit") / "audit.yaml").is_file()
