"""`python .ci/version.py 0.2.0`: the version of every wheel, and the core that each fits, from one place.

It is written into each, since a wheel is built from its own folder alone; `tests/test_house.py` holds them equal.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
FILES = [
    ROOT / "xaiplug" / "__init__.py",
    *(ROOT / "pyproject.toml", ROOT / "trainers" / "pyproject.toml"),
    *ROOT.glob("plugins/*/pyproject.toml"),
]


def at(version: str, text: str) -> str:
    """A file's text at a version.

    >>> print(at("0.2.1", 'version = "0.1.0"\\ndependencies = ["xaiplug>=0.1,<0.2"]'))
    version = "0.2.1"
    dependencies = ["xaiplug>=0.2,<0.3"]
    """
    major, minor, _ = map(int, version.split("."))
    text = re.sub(r'^(version|__version__) = "[^"]+"', rf'\1 = "{version}"', text, flags=re.MULTILINE)
    return re.sub(r'"xaiplug>=[\d.]+,<[\d.]+"', f'"xaiplug>={major}.{minor},<{major}.{minor + 1}"', text)


if __name__ == "__main__":
    if len(sys.argv) != 2 or not re.fullmatch(r"\d+\.\d+\.\d+", sys.argv[1]):
        sys.exit("usage: python .ci/version.py MAJOR.MINOR.PATCH")
    for file in FILES:
        file.write_text(at(sys.argv[1], file.read_text(encoding="utf-8")), encoding="utf-8")
    print(f"{len(FILES)} files are at {sys.argv[1]}; next: a heading in CHANGELOG.md")
