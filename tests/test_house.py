"""The house as a whole: one version, every wheel installed and listed, nothing that names a machine."""

import subprocess
import sys
import tomllib
from pathlib import Path

import grimp
import pytest

import xaiplug
from xaiplug import registry
from xaiplug.hookspecs import KINDS
from xaiplug.late import LATER, later

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


@pytest.mark.parametrize("wheel", WHEELS[1:], ids=lambda wheel: wheel.name)
def test_wheels_say_which_core_they_fit(wheel):
    major, minor = map(int, xaiplug.__version__.split(".")[:2])
    assert f"xaiplug>={major}.{minor},<{major}.{minor + 1}" in project(wheel)["dependencies"]


def test_the_extras_name_wheels_of_the_house():
    names = {project(wheel)["name"] for wheel in WHEELS}
    extras = project(ROOT)["optional-dependencies"]
    for extra, wanted in ((name, extras[name]) for name in extras.keys() - {"bench"}):  # the peers are others'
        assert {one for one in wanted if "[" not in one} <= names, extra


def test_the_module_is_the_command():
    done = subprocess.run(
        [sys.executable, "-m", "xaiplug", "list", "engines"], capture_output=True, text=True, check=True
    )
    assert "serial" in done.stdout


@pytest.mark.parametrize("wheel", PLUGINS, ids=lambda wheel: wheel.name)
def test_plugins_are_named_alike_and_load(wheel):
    assert project(wheel)["name"] == f"xaiplug-{wheel.name}"
    assert project(wheel)["entry-points"]["xaiplug"] == {wheel.name: f"xaiplug_{wheel.name}"}
    found = registry.discover(only=[wheel.name])
    assert not found.failures
    assert found.entries
    for entry in found.entries:
        assert issubclass(entry.load(), xaiplug.Component)


def test_every_kind_has_its_file_its_base_its_room_in_the_kit_and_its_template():
    for kind in KINDS.values():
        base = kind.load_base()
        assert base.kind == kind.name
        assert base.__module__ == f"xaiplug.kinds.{kind.module}"
        assert (ROOT / "xaiplug" / "testing" / kind.module / "__init__.py").is_file()
        assert (ROOT / "xaiplug" / "cli" / "template" / f"{kind.module}.py.txt").is_file()
        assert kind.offers.startswith("Offer ")


def test_no_import_circle_has_more_than_two_files_type_hints_included():
    graph = grimp.build_graph("xaiplug", exclude_type_checking_imports=False, cache_dir=None)
    edges = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    circles = [circle for circle in strongly_connected(edges) if len(circle) > 2]
    assert circles == []
    assert strongly_connected({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == [{"a", "b", "c"}, {"d"}]


def strongly_connected(edges):
    """Sets of nodes that reach each other."""
    reach = {node: {node} for node in edges}
    while any(reach[node] < (grown := reach[node].union(*(reach[to] for to in edges[node]))) for node in edges):
        for node in edges:
            reach[node] = reach[node].union(*(reach[to] for to in edges[node]))
    del grown
    circles = [{to for to in reach[node] if node in reach[to]} for node in edges]
    return [circle for i, circle in enumerate(circles) if circle not in circles[:i]]


def test_what_is_reached_by_name_is_there():
    for name in LATER:
        assert callable(later(name))


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
