"""A generated plug-in of any kind is complete and passes its own test; one installs, lists, and runs from YAML."""

import json
import os
import runpy
import subprocess
import sys
import sysconfig
import tomllib
import venv
from pathlib import Path

import pytest

from xaiplug.cli import main
from xaiplug.cli.template import files_of
from xaiplug.hookspecs import KINDS
from xaiplug.testing import check_plugin


@pytest.mark.parametrize("kind", KINDS)
def test_every_file_of_every_kind_is_complete(kind):
    files = files_of("my-method", kind)
    assert set(files) == {
        "pyproject.toml",
        "README.md",
        "xaiplug_my_method/__init__.py",
        "xaiplug_my_method/method.py",
        "xaiplug_my_method/py.typed",
        "tests/test_my_method.py",
    }
    for path, text in files.items():
        assert "$" not in text
        if path.endswith(".py"):
            compile(text, path, "exec")
    assert f"class MyMethod({KINDS[kind].starts_from})" in files["xaiplug_my_method/method.py"]


@pytest.mark.parametrize(
    ("name", "kind", "cls"),
    [
        ("network", "task", "NetworkTask"),
        ("view", "view", "View"),
        ("none", "metric", "NoneMetric"),
    ],
)
def test_a_name_that_is_taken_in_the_file_is_not_taken_twice(name, kind, cls):
    assert (
        f"class {cls}({KINDS[kind].starts_from})" in files_of(name, kind)[f"xaiplug_{name.replace('-', '_')}/method.py"]
    )


def test_nothing_is_overwritten(here, capsys):
    for expected in (0, 2):
        with pytest.raises(SystemExit) as end:
            main(["new-plugin", "my-method"])
        assert (end.value.code or 0) == expected
    assert "exists and is left as it is" in capsys.readouterr().err


@pytest.fixture
def installed(here, monkeypatch):
    """Write `my-thing` of a kind, and put it where Python finds it, with the entry point that its pyproject names."""

    def written(kind):
        with pytest.raises(SystemExit) as end:
            main(["new-plugin", "my-thing", "--kind", kind])
        assert not end.value.code
        folder = here / "my-thing"
        project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
        about = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
        about.mkdir()
        points = project["entry-points"]["xaiplug"].items()
        facts = {"Metadata-Version": "2.1", "Name": project["name"], "Version": project["version"]}
        (about / "METADATA").write_text("".join(f"{name}: {value}\n" for name, value in facts.items()))
        lines = [f"{name} = {value}\n" for name, value in points]
        (about / "entry_points.txt").write_text("[xaiplug]\n" + "".join(lines))
        monkeypatch.syspath_prepend(str(folder))
        monkeypatch.setenv("PYTHONPATH", str(folder))
        monkeypatch.setattr("xaiplug.registry._current", None)
        return folder

    yield written
    for name in [name for name in sys.modules if name.partition(".")[0] == "xaiplug_my_thing"]:
        del sys.modules[name]


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_written_passes_its_own_test_and_the_kit(kind, installed):
    folder = installed(kind)
    (mark,) = runpy.run_path(str(folder / "tests" / "test_my_thing.py"))["test_conformance"].pytestmark
    passed = 0
    for param in mark.args[1]:
        try:
            param.values[0]()
            passed += 1
        except pytest.skip.Exception:
            continue
    assert passed >= 6
    report = check_plugin("my-thing")
    assert report.ok, "\n".join(report.lines())


STUDY = """\
version: 1
name: mine
models: {small: {use: "toy_nets:small"}}
data: {test: {use: "toy_nets:images", limit: 3}}
explainers: {mine: {use: my-method, params: {strength: 2}}}
metrics: {size: toy-size}
plugins: {files: [toy_plugin.py]}
"""


@pytest.mark.slow
def test_a_strangers_plugin(write, here):
    with pytest.raises(SystemExit):
        main(["new-plugin", "my-method"])
    environment = here / "venv"
    venv.create(environment, with_pip=False)  # pip is that of the parent
    python = environment / "bin" / "python"
    purelib = subprocess.run(
        [python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    parent = f"import site; site.addsitedir({sysconfig.get_path('purelib')!r})\n"
    Path(purelib.stdout.strip(), "parent.pth").write_text(parent)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    clean["OMP_NUM_THREADS"] = "1"

    def ran(*command):
        done = subprocess.run([python, *command], cwd=here, env=clean, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def xaiplug(*arguments):
        return ran("-c", "from xaiplug.cli import main; main()", *arguments)

    ran("-m", "pip", "install", "--no-deps", "--no-build-isolation", "--quiet", "./my-method")
    (record,) = [r for r in json.loads(xaiplug("list", "explainers", "--json")) if r["name"] == "my-method"]
    assert (record["plugin"], record["distribution"], record["version"]) == ("my-method", "xaiplug-my-method", "0.1.0")
    assert "field\tstrength\tfloat\t1.0\t" in xaiplug("list", "explainers", "my-method")
    write(study=STUDY)
    done = json.loads(xaiplug("run", "run.yaml", "--json"))
    assert done["cells"] == {"done": 2, "cached": 0, "failed": 0, "blocked": 0}
    assert sys.prefix != str(environment)
