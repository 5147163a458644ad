"""The house as a whole: one version, every wheel installed and listed, nothing that names a machine."""

import subprocess
import tomllib
from pathlib import Path

import pytest

import xaiplug
from xaiplug import registry

ROOT = Path(__file__).parents[1]
WHEELS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml")), ROOT / "trainers"]
PLUGINS = WHEELS[1:-1]


def project(wheel: Path) -> dict:
    return tomllib.loads((wheel / "pyproject.toml").read_text())["project"]


def test_one_version_for_all():
    assert {wheel.name: project(wheel)["version"] for wheel in WHEELS} == {w.name: xaiplug.__version__ for w in WHEELS}


def test_every_wheel_is_installed_by_requirements():
    lines = (ROOT / "requirements.txt").read_text().splitlines()
    assert [line for line in lines if line.startswith("-e ")] == [
        "-e .",
        *(f"-e {wheel.relative_to(ROOT)}" for wheel in WHEELS[1:]),
    ]


@pytest.mark.parametrize("wheel", WHEELS, ids=lambda wheel: wheel.name)
def test_wheels_come_from_one_template(wheel):
    data = tomllib.loads((wheel / "pyproject.toml").read_text())
    assert data["build-system"] == {"requires": ["hatchling"], "build-backend": "hatchling.build"}
    assert data["project"]["license"] == "Apache-2.0"
    assert data["project"]["requires-python"] == ">=3.11"
    assert (wheel / data["project"]["readme"]).is_file()
    assert data["project"]["description"]


@pytest.mark.parametrize("wheel", PLUGINS, ids=lambda wheel: wheel.name)
def test_plugins_are_named_alike_and_load(wheel):
    assert project(wheel)["name"] == f"xaiplug-{wheel.name}"
    assert project(wheel)["entry-points"]["xaiplug"] == {wheel.name: f"xaiplug_{wheel.name}"}
    found = registry.discover(only=[wheel.name])
    assert not found.failures
    assert found.entries
    for entry in found.entries:
        assert issubclass(entry.load(), xaiplug.Component)


def test_every_plugin_is_under_the_layer_contracts():
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    packages = {f"xaiplug_{wheel.name}" for wheel in PLUGINS} | {"xaiplug_trainers"}
    assert set(lint["root_packages"]) == packages | {"xaiplug"}
    core, independent, _ = lint["contracts"]
    assert packages <= set(core["forbidden_modules"])
    assert packages == set(independent["modules"])


def test_no_file_names_a_package_index_or_a_home_folder():
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.split(
        "\n"
    )
    text = [
        ROOT / name for name in tracked if name.endswith((".py", ".toml", ".yaml", ".yml", ".txt", ".md", "Makefile"))
    ]
    forbidden = ["pypi" + ".org", "python" + "hosted", "/ro" + "ot/", "index" + "-url"]
    assert [
        f"{path}: {word}" for path in text for word in forbidden if path.is_file() and word in path.read_text()
    ] == []
