"""What the README says is so: its snippets run, its commands run, its links lead somewhere."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from xaiplug import registry
from xaiplug.cli import main

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


COMMANDS = [line for block in blocks("sh") for line in block.splitlines() if line.startswith("xaiplug ")]


@pytest.fixture(scope="module")
def environment() -> dict[str, str]:
    return os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}


@pytest.mark.slow
@pytest.mark.parametrize("block", blocks("python"), ids=["notebook", "explainer", "kit"])
def test_python_blocks_run(block, tmp_path, environment):
    (tmp_path / "block.py").write_text(block)
    done = subprocess.run(
        [sys.executable, "block.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_commands_run_one_after_another(tmp_path, monkeypatch):
    (tmp_path / "plugins.yaml").write_text((ROOT / "plugins.yaml").read_text())
    monkeypatch.chdir(tmp_path)
    for command in COMMANDS:
        monkeypatch.setattr(registry, "_current", None)
        with pytest.raises(SystemExit) as end:
            main(shlex.split(command, comments=True)[1:])
        assert not end.value.code, command


def test_yaml_blocks_are_valid(tmp_path):
    from xaiplug.config import load

    for block in blocks("yaml"):
        path = tmp_path / "study.yaml"
        path.write_text(block)
        assert load(path)
        assert yaml.safe_load(block)["version"] == 1


def test_there_are_commands_and_every_link_leads_somewhere():
    assert len(COMMANDS) >= 7
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert (ROOT / target).exists(), target
