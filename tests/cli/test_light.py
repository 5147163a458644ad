"""`import xaiplug`, `list` and `--help` import nothing heavy; and the proof can fail."""

import json
import os
import subprocess
import sys
import time

import pytest

HEAVY = ("torch", "numpy", "pandas", "pydantic", "rich")

PROBE = """
import json, sys
{what}
print("\\n" + json.dumps([name for name in {heavy!r} if name in sys.modules]))
"""

COMMAND = """
from xaiplug.cli import main
try:
    main({arguments!r})
except SystemExit as end:
    assert not end.code, end.code
"""


def imported(what, **environment):
    """Which heavy modules a fresh process has after `what`."""
    code = PROBE.format(what=what, heavy=HEAVY)
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout.splitlines()[-1])


def command(*arguments):
    return COMMAND.format(arguments=list(arguments))


@pytest.mark.parametrize(
    "what",
    [
        "import xaiplug; dir(xaiplug)",
        command("list"),
        command("list", "explainers"),
        command("list", "--json"),
        command("--help"),
        command("run", "--help"),
        command("new-plugin", "--help"),
        command("--version"),
    ],
    ids=["import", "list", "list explainers", "list --json", "help", "run help", "new-plugin help", "version"],
)
def test_light(what):
    assert imported(what) == []


def test_new_plugin_is_light(tmp_path):
    assert imported(command("new-plugin", "my-method", "--output", str(tmp_path / "new"))) == []


@pytest.mark.parametrize("module", HEAVY)
def test_the_proof_fails_for_a_plugin_that_imports_something_heavy(tmp_path, module):
    (tmp_path / "heavy_plugin.py").write_text(f"import {module}\n")
    installed = tmp_path / "heavy_plugin-1.dist-info"
    installed.mkdir()
    (installed / "METADATA").write_text("Metadata-Version: 2.1\nName: heavy-plugin\nVersion: 1\n")
    (installed / "entry_points.txt").write_text("[xaiplug]\nheavy = heavy_plugin\n")
    assert module in imported(command("list"), PYTHONPATH=str(tmp_path))


def seconds(*command):
    start = time.perf_counter()
    subprocess.run(command, check=True, capture_output=True)
    return time.perf_counter() - start


@pytest.mark.slow
def test_list_takes_a_quarter_of_importing_torch():
    listed = min(seconds(sys.executable, "-c", command("list")) for _ in range(5))
    torch = min(seconds(sys.executable, "-c", "import torch") for _ in range(3))
    assert listed < torch / 4, (listed, torch)
