"""The run files load: every name, parameter and combination in them exists."""

from pathlib import Path

import pytest

from xaiplug.config import load

FILES = sorted((Path(__file__).parents[1] / "experiments").glob("*.yaml"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_run_file_is_good(file):
    assert load(file, ()).file.name == f"ig2-{file.stem}"


def test_there_are_run_files():
    assert len(FILES) >= 4
