"""The source tree of a plug-in: where its run files and tests are. A wheel that is installed has none."""

from __future__ import annotations

import ast
from functools import lru_cache
from pathlib import Path

NEAR = 3
"""How far above its package the `pyproject.toml` of a plug-in may be."""


def source_of(package: Path) -> Path | None:
    """The folder with the `pyproject.toml` that the package at `package` belongs to; None for an installed wheel."""
    return next((above for above in package.parents[:NEAR] if (above / "pyproject.toml").is_file()), None)


def why_no_test(source: Path, node: str) -> str | None:
    """Why `tests/test_x.py::test_name` is no test; None where it is one. Nothing is imported."""
    file, *names = node.split("::")
    if not names:
        return f"'{node}' is no test; write tests/test_file.py::test_name"
    path = source / file
    if not path.is_file():
        return f"there is no file {path}"
    body = _body(path)
    for name in names:
        bare = name.partition("[")[0]
        found = [one for one in body if getattr(one, "name", None) == bare]
        if not found:
            return f"there is no '{bare}' in {path}"
        body = getattr(found[0], "body", [])
    return None


@lru_cache
def _body(path: Path) -> list[ast.stmt]:
    return ast.parse(path.read_text("utf-8")).body
