"""The files of a new plug-in: `*.txt` beside this module, `$name` and its like replaced."""

from __future__ import annotations

from importlib.resources import files
from string import Template

CLASSES = {
    "explainer": "Explainer",
    "segmenter": "Segmenter",
    "baseline": "Baseline",
    "imputer": "PixelImputer",
    "metric": "Metric",
}


def files_of(name: str, kind: str) -> dict[str, str]:
    """Path in the new folder -> text."""
    package = f"xaiplug_{name.replace('-', '_')}"
    words = {
        "name": name,
        "kind": kind,
        "package": package,
        "distribution": f"xaiplug-{name}",
        "cls": "".join(part.capitalize() for part in name.split("-")),
        "base": CLASSES[kind],
        "hook": f"xaiplug_{kind}s",
        "test": name.replace("-", "_"),
    }
    named = {
        "pyproject.toml": "pyproject.toml",
        "README.md": "readme.md",
        f"{package}/__init__.py": "init.py",
        f"{package}/method.py": f"{kind}.py",
        f"{package}/py.typed": "",
        f"tests/test_{words['test']}.py": "test.py",
    }
    return {path: _read(source).substitute(words) if source else "" for path, source in named.items()}


def _read(name: str) -> Template:
    return Template(files(__name__).joinpath(f"{name}.txt").read_text(encoding="utf-8"))
