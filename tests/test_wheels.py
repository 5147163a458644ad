"""What is built: one version, a licence, the core that fits, and no more than that in the core's sdist."""

import importlib.util
import sys
import zipfile
from pathlib import Path

import pytest

import xaiplug

ROOT = Path(__file__).parents[1]


def script(name):
    spec = importlib.util.spec_from_file_location(name, ROOT / ".ci" / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


wheels, version = script("wheels"), script("version")


def test_one_command_changes_every_version_and_bound():
    for file in version.FILES:
        text = file.read_text()
        assert version.at(xaiplug.__version__, text) == text
        assert text.count('"9.8.7"') == 0
        assert version.at("9.8.7", text).count('"9.8.7"') == 1, file
    assert '"xaiplug>=9.8,<9.9"' in version.at("9.8.7", (ROOT / "trainers" / "pyproject.toml").read_text())


@pytest.mark.skipif(not wheels.UV.exists(), reason="uv is not in .venv")
def test_the_core_and_a_plugin_are_built_as_they_should_be(tmp_path):
    for wheel in (ROOT, ROOT / "plugins" / "complexity"):
        built = wheels.build(wheel, tmp_path)
        assert wheels.faults(built, xaiplug.__version__) == []
    assert len(wheels.faults(built, "9.8.7")) == 2


def test_a_wheel_that_says_nothing_is_faulted(tmp_path):
    built = tmp_path / "stranger-0.1.0-py3-none-any.whl"
    with zipfile.ZipFile(built, "w") as file:
        file.writestr("stranger-0.1.0.dist-info/METADATA", "Name: stranger\nVersion: 0.1.0\n")
    said = wheels.faults(built, "0.1.0")
    assert [one.partition(": ")[2] for one in said] == ["has no licence", "does not need xaiplug<0.2,>=0.1"]
