"""What no user does on purpose, and what happens to them all the same: one message, and an exit code."""

import errno
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from xaiplug import registry
from xaiplug.cli import main
from xaiplug.config import load
from xaiplug.errors import ConfigError, PluginError
from xaiplug.run import plan

BROKEN = {
    "exits": ("raise SystemExit(3)", "SystemExit: 3"),
    "odd": ("class Odd(BaseException): pass\nraise Odd('odd')", "Odd: odd"),
    "number": ("import xaiplug\n@xaiplug.hookimpl\ndef xaiplug_explainers():\n    return 3", "list of Spec, got int"),
    "nameless": (
        "import xaiplug\n@xaiplug.hookimpl\ndef xaiplug_explainers():\n    return [xaiplug.Spec(3, None, 4)]",
        "a Spec needs a name and a class",
    ),
    "syntax": ("def (:", "SyntaxError"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_plugin_file_that_does_not_load_is_told_where_it_is_named(write, here, name):
    source, message = BROKEN[name]
    (here / f"{name}.py").write_text(source)
    with pytest.raises(ConfigError, match=r"plugins\.files\.1: .* does not load: ") as caught:
        load(write(), [f"plugins.files=[toy_plugin.py, {name}.py]"], strict=True)
    assert message in str(caught.value)


def test_what_a_plugin_prints_is_not_in_the_listing(here, capsys):
    (here / "loud.py").write_text("print('hello')")
    registry.discover(files=[here / "loud.py"])
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", "hello\n")


def test_a_class_whose_module_exits_names_its_plugin(here, monkeypatch):
    monkeypatch.syspath_prepend(here)
    (here / "leaving.py").write_text("raise SystemExit(0)")
    (here / "one.py").write_text(
        "import xaiplug as x\n@x.hookimpl\ndef xaiplug_explainers():\n    return [x.Spec('a', 'leaving:A', 'A.')]"
    )
    with pytest.raises(PluginError, match=r"'one/a' .* failed to import: SystemExit"):
        registry.discover(files=[here / "one.py"]).create("explainer", "a")


def test_a_sweep_without_end_is_refused_before_it_is_unrolled(write):
    numbers = list(range(101))
    with pytest.raises(ConfigError, match="the sweep has 10201 entries, 10201 with those before; 10000 are made"):
        load(write(), [f"explainers.g.grid.factor={numbers}", f"explainers.g.grid.other={numbers}"])


def test_sweeps_that_are_small_alone_count_together(write):
    numbers = list(range(100))
    swept = [f"explainers.g.grid={{factor: {numbers}, other: {numbers}}}", "metrics.size.grid={power: [1]}"]
    with pytest.raises(ConfigError, match="the sweep has 1 entries, 10001 with those before; 10000 are made"):
        load(write(), swept)


def test_a_plan_without_end_is_refused(write, monkeypatch):
    monkeypatch.setattr(plan, "LARGEST_PLAN", 20)
    with pytest.raises(ConfigError, match="run 'toy' has more than 20 cells; make several run files of it"):
        plan.make_plan(load(write(), [f"seeds={list(range(11))}"]), {"test": plan.Facts(False, 4)})


@pytest.mark.parametrize("which", [1, 2, 3, 4, 5, 6, 8])
def test_a_disk_that_is_full_at_any_write_is_one_line_and_the_run_goes_on(write, here, monkeypatch, capsys, which):
    path, calls, sync = write(), [], os.fsync

    def full(handle):
        calls.append(handle)
        if len(calls) >= which:
            raise OSError(errno.ENOSPC, "No space left on device")
        sync(handle)

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(SystemExit) as ended:
            main(["run", str(path)])
    told = capsys.readouterr()
    assert len(calls) >= which
    assert ended.value.code == 1
    assert "Traceback" not in told.err
    assert "No space left on device" in told.err
    with pytest.raises(SystemExit) as ended:
        main(["run", str(path)])
    assert ended.value.code == 0
    assert "0 failed" in capsys.readouterr().err


def test_a_run_file_without_end_is_not_read():
    with pytest.raises(ConfigError, match=r"/dev/zero: (is longer than|no valid)"):
        load("/dev/zero")


def xaiplug(words, shell):
    """A command in a process of its own, whose output or folder the shell takes away."""
    command = shell.format(run=f"{Path(sys.executable).with_name('xaiplug')} {words}")
    return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_full_disk_is_one_line():
    done = xaiplug("list --json", "{run} > /dev/full")
    assert (done.returncode, done.stderr) == (1, "No space left on device; what is finished is kept\n")


def test_a_closed_stdout_is_no_traceback():
    done = xaiplug("list", "{run} >&-")
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 1)


def test_a_working_directory_that_is_gone_is_one_line(here):
    done = xaiplug("list", f"mkdir {here}/gone; cd {here}/gone; rmdir {here}/gone; {{run}}")
    assert (done.returncode, done.stderr) == (2, "the working directory is gone; change to one that is there\n")


def test_the_listing_stays_json_beside_broken_plugins(here, capsys):
    for name, (source, _) in BROKEN.items():
        (here / f"{name}.py").write_text(f"print('loud')\n{source}" if name != "syntax" else source)
    registry.configure(files=[here / f"{name}.py" for name in BROKEN])
    capsys.readouterr()
    with pytest.raises(SystemExit):
        main(["list", "--json"])
    records = json.loads(capsys.readouterr().out)
    assert {record["name"] for record in records if record["kind"] == "plugin"} == set(BROKEN)
