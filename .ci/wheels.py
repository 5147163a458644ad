"""Every wheel as it would be published: built by way of its sdist, read, and installed from what was built.

First the core and one adapter alone, in a venv of their own; then all wheels. `--read` builds and reads alone.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tarfile
import tempfile
import tomllib
import zipfile
from email import message_from_bytes
from pathlib import Path

ROOT = Path(__file__).parents[1]
WHEELS = [ROOT, *sorted(path.parent for path in ROOT.glob("plugins/*/pyproject.toml")), ROOT / "trainers"]
UV = ROOT / ".venv" / "bin" / "uv"
OF_THE_CORE = {"xaiplug", "CHANGELOG.md", "LICENSE", "README.md", "PKG-INFO", "pyproject.toml", ".gitignore"}
ADAPTER = "xaiplug-captum"


def build(wheel: Path, to: Path) -> Path:
    """Its sdist, and the wheel that is built of it; the wheel."""
    before = set(to.glob("*.whl"))
    subprocess.run([UV, "build", "--quiet", wheel, "--out-dir", to], check=True)
    (built,) = set(to.glob("*.whl")) - before
    return built


def faults(built: Path, version: str) -> list[str]:
    """What is wrong with a wheel: its version, its licence, the core that it fits, what its sdist holds."""
    with zipfile.ZipFile(built) as file:
        names = file.namelist()
        told = message_from_bytes(file.read(next(name for name in names if name.endswith(".dist-info/METADATA"))))
    major, minor, _ = version.split(".")
    bound = f"<{major}.{int(minor) + 1},>={major}.{minor}"
    found = []
    if told["Version"] != version:
        found.append(f"is {told['Version']} where the core is {version}")
    if told["License-Expression"] != "Apache-2.0" or not any(name.endswith("licenses/LICENSE") for name in names):
        found.append("has no licence")
    if told["Name"] != "xaiplug" and f"xaiplug{bound}" not in told.get_all("Requires-Dist", []):
        found.append(f"does not need xaiplug{bound}")
    if told["Name"] == "xaiplug":
        with tarfile.open(built.with_name(f"xaiplug-{version}.tar.gz")) as file:
            further = {name.split("/")[1] for name in file.getnames()} - OF_THE_CORE
        found += [f"sdist holds {name}" for name in sorted(further)]
    return [f"{built.name}: {fault}" for fault in found]


def listed(venv: Path, wheels: list[Path]) -> set[str]:
    """The wheels that a command in a new venv lists, with nothing of this folder in it."""
    subprocess.run([UV, "venv", "--quiet", "--clear", venv], check=True)
    python = venv / "bin" / "python"
    subprocess.run([UV, "pip", "install", "--quiet", "--python", python, *wheels], check=True)
    where = subprocess.run(
        [python, "-c", "import xaiplug; print(xaiplug.__file__)"], cwd=venv, capture_output=True, text=True, check=True
    )
    if venv not in Path(where.stdout.strip()).parents:
        raise SystemExit(f"xaiplug came from {where.stdout.strip()}")
    done = subprocess.run(
        [venv / "bin" / "xaiplug", "list", "--json"], cwd=venv, capture_output=True, text=True, check=True
    )
    broken = [entry for entry in json.loads(done.stdout) if entry["error"]]
    if broken:
        raise SystemExit(f"does not load: {broken[0]}")
    return {entry["distribution"] for entry in json.loads(done.stdout)}


def main(only_read: bool) -> None:
    """Build, read, install; ends with 1 at the first that is not as it should be."""
    names = {tomllib.loads((wheel / "pyproject.toml").read_text())["project"]["name"]: wheel for wheel in WHEELS}
    with tempfile.TemporaryDirectory() as folder:
        there = Path(folder).resolve()
        built = {name: build(wheel, there / "built") for name, wheel in names.items()}
        version = built["xaiplug"].name.split("-")[1]
        if wrong := [fault for wheel in built.values() for fault in faults(wheel, version)]:
            raise SystemExit("\n".join(wrong))
        print(f"{len(built)} wheels of {version}, by way of their sdists")
        for wanted in () if only_read else ({"xaiplug", ADAPTER}, set(built)):
            found = listed(there / "venv", [built[name] for name in sorted(wanted)])
            if found != wanted:
                raise SystemExit(f"installed {sorted(wanted)}, and {sorted(found ^ wanted)} differ in what is listed")
            print(f"installed and listed: {len(found)}")


if __name__ == "__main__":
    main("--read" in sys.argv)
