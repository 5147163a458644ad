"""The run files are good, but for data that is not here."""

from pathlib import Path

import pytest

from xaiplug.config import load
from xaiplug.errors import ConfigError

MISSING = ("no file or folder", "no folder", "is not there")
FILES = sorted((Path(__file__).parents[1] / "experiments").glob("*.yaml"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_run_files(path):
    try:
        assert load(path).file.name == f"hsets-{path.stem}"
    except ConfigError as error:
        wrong = [line for line in str(error).splitlines() if not any(text in line for text in MISSING)]
        assert not wrong, wrong


def test_there_are_run_files():
    assert len(FILES) >= 3
