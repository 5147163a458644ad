"""The files of a new plug-in: `*.txt` beside this module, `$name` and its like replaced.

`<kind>.py.txt` is the component, one for each kind of `xaiplug.hookspecs.KINDS`.
"""

from __future__ import annotations

import re
from importlib.resources import files
from keyword import iskeyword
from string import Template

from xaiplug.hookspecs import KINDS, Kind


def files_of(name: str, kind: str) -> dict[str, str]:
    """Path in the new folder -> text."""
    row, module = KINDS[kind], name.replace("-", "_")
    package = f"xaiplug_{module}"
    words = {
        "name": name,
        "kind": kind,
        "plural": row.plural,
        "module": row.module,
        "base": row.starts_from,
        "hook": row.hook,
        "package": package,
        "distribution": f"xaiplug-{name}",
        "cls": _class(name, row),
    }
    named = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "readme.md",
        f"{package}/__init__.py": "init.py",
        f"{package}/method.py": f"{row.module}.py",
        f"{package}/py.typed": "",
        f"tests/test_{module}.py": "test.py",
    }
    return {path: _read(source).substitute(words) if source else "" for path, source in named.items()}


def _class(name: str, kind: Kind) -> str:
    """`my-thing` -> `MyThing`; with the base class behind it where Python or the template has that name already."""
    plain = "".join(part.capitalize() for part in name.split("-"))
    taken = iskeyword(plain) or re.search(rf"\b{plain}\b", _read(f"{kind.module}.py").template)
    return f"{plain}{kind.starts_from}" if taken or plain == kind.starts_from else plain


def _read(name: str) -> Template:
    return Template(files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8"))
